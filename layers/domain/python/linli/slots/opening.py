"""The community's rules, and the slots that a schedule opens from them."""

from datetime import datetime

from linli.kernel import editing, reads
from linli.kernel.errors import AlreadyDone, NotFound
from linli.kernel.transact import transaction
from linli.slots.change import offer
from linli.slots.rows import RULES, RulesRow, slots_of
from linli.slots.week import PutSlotRules, SlotRules, slots_ahead


def put_rules(
    community_id: str, command: PutSlotRules, if_match: str | None
) -> tuple[SlotRules, str]:
    """
    Set the template of a community's week; answers it with its ETag. Slots that are open keep
    the terms that they were opened with.

    Raises:
        Unconditional, Stale: See `kernel.editing`.
    """
    rules = SlotRules(community_id=community_id, **command.model_dump())
    new = editing.etag(rules)
    before = reads.get(RulesRow, RULES, community_id)
    seen = before.etag if before else None
    if editing.check(seen, new, if_match):
        condition = RulesRow.etag == seen if seen else RulesRow.pk.does_not_exist()
        row = RulesRow(RULES, community_id, body=rules.model_dump_json(), etag=new)
        with transaction() as tx:
            tx.put(row, condition=condition, refusal=editing.Stale())
    return rules, new


def read_rules(community_id: str) -> tuple[SlotRules, str]:
    """
    A community's rules with their ETag.

    Raises:
        NotFound: The city has set none.
    """
    row = reads.get(RulesRow, RULES, community_id)
    if row is None:
        raise NotFound
    return SlotRules.model_validate_json(row.body), row.etag


def open_slots(now: datetime) -> list[str]:
    """
    Open what the rules of all communities say should be open at `now`; again: nothing more.

    Returns:
        The ids of the slots that were opened.
    """
    opened: list[str] = []
    for row in reads.query(RulesRow, RULES):
        rules = SlotRules.model_validate_json(row.body)
        known = {slot.slot_id for slot in slots_of(rules.community_id, now)}
        for slot_id, slot in slots_ahead(rules, now):
            if slot_id in known:
                continue
            try:
                offer(slot_id, slot)
            except AlreadyDone:  # Somebody else opened it at this very moment.
                continue
            opened.append(slot_id)
    return opened
