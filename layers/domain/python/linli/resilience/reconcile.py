"""
Entering what was recorded on paper: every line ends applied once, or as an open conflict (I7).

A line is known by its facts, so that the same line sent again, in the same reconciliation or in
another, changes nothing. It is applied through `orders.deliver_on_paper` under an id made of
those facts: a crash between applying it and noting it is healed by sending it again.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

from linli import orders
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import fingerprint
from linli.kernel.transact import transaction
from linli.resilience.find import find_for
from linli.resilience.model import Outcome, PaperEntry, PaperLine, Reconcile, ReconciliationView
from linli.resilience.packs import packs_of
from linli.resilience.rows import (
    LINE,
    RECONCILIATION,
    BodyRow,
    ReconciliationRow,
    emergency_key,
    reconciliation_key,
)


class Deliver(Protocol):
    """`orders.deliver_on_paper`, bound to the deployment's settings."""

    def __call__(
        self,
        delivery_id: str,
        order_id: str,
        *,
        courier_id: str | None,
        outcome: Outcome,
        box_ids: list[str],
        at: datetime,
        now: datetime,
    ) -> orders.Order:
        """See `orders.deliver_on_paper`."""
        ...


Finish = Callable[[str, datetime], object]
"""`waves.finish_if_done`: told of a route on which an order has ended."""


def reconcile(
    command: Reconcile, caller: Caller, deliver: Deliver, finish: Finish, now: datetime
) -> ReconciliationView:
    """
    Enter the paper lines; the answer tells of each how it ended.

    Raises:
        NotFound: No such emergency, or one of another community.
        IdReused: The id came with other lines before.
        Contended: An order was being written at every attempt; sending it again goes on.
    """
    emergency_id = str(command.emergency_id)
    find_for(emergency_id, caller, Role.DISPATCHER)
    _note(command, caller)
    routes = {s.order_id: p.route_id for p in packs_of(emergency_id) for s in p.stops}
    lines = []
    for entry in command.entries:
        line = _known(emergency_id, entry)
        if line is None:
            route_id = routes.get(str(entry.order_id))
            line = _apply(emergency_id, entry, route_id, caller.subject, deliver, now)
            line = _keep(emergency_id, line)
            if line.state == "applied" and route_id is not None:
                finish(route_id, now)
        lines.append(line)
    return ReconciliationView(id=str(command.id), emergency_id=emergency_id, lines=lines)


def _note(command: Reconcile, caller: Caller) -> None:
    digest = fingerprint(command, by=caller.subject)
    pk, emergency_id = reconciliation_key(command.id), str(command.emergency_id)
    lines = [line_key(emergency_id, entry)[1] for entry in command.entries]
    row = ReconciliationRow(
        pk, RECONCILIATION, emergency_id=emergency_id, digest=digest, lines=json.dumps(lines)
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=ReconciliationRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        known = reads.get(ReconciliationRow, pk, RECONCILIATION)
        if known is None or known.digest != digest:
            raise IdReused from None


def _digest(entry: PaperEntry) -> str:
    return hashlib.sha256(entry.model_dump_json().encode()).hexdigest()[:16]


def line_key(emergency_id: str, entry: PaperEntry) -> tuple[str, str]:
    """The key of a paper line, made of its facts."""
    return emergency_key(emergency_id), f"{LINE}{entry.order_id}#{_digest(entry)}"


def _known(emergency_id: str, entry: PaperEntry) -> PaperLine | None:
    row = reads.get(BodyRow, *line_key(emergency_id, entry))
    return None if row is None else PaperLine.model_validate_json(row.body)


def _keep(emergency_id: str, line: PaperLine) -> PaperLine:
    """Note how the line ended, unless another run noted it first; answers what is noted."""
    pk, sk = line_key(emergency_id, line.entry)
    try:
        with transaction() as tx:
            row = BodyRow(pk, sk, body=line.model_dump_json())
            tx.put(row, condition=BodyRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return _known(emergency_id, line.entry) or line
    return line


def _apply(
    emergency_id: str,
    entry: PaperEntry,
    route_id: str | None,
    owner: str,
    deliver: Deliver,
    now: datetime,
) -> PaperLine:
    """
    Apply one line, or say why it is a conflict.

    Only orders that were printed for this emergency may be applied: a dispatcher's paper reaches
    no other community's orders.
    """
    if route_id is None:
        return _conflict(entry, "not_printed", owner, now)
    try:
        deliver(
            str(uuid5(NAMESPACE_URL, f"{emergency_id}/{entry.order_id}/{_digest(entry)}")),
            str(entry.order_id),
            courier_id=entry.by,
            outcome=entry.outcome,
            box_ids=list(entry.boxes),
            at=entry.delivered_at,
            now=now,
        )
    except Contended:
        raise
    except orders.Settled as settled:
        if _same_facts(settled, entry):
            return PaperLine(entry=entry, state="applied", reason="told_before", recorded_at=now)
        return _conflict(entry, settled.code, owner, now)
    except NotFound:
        return _conflict(entry, "unknown_order", owner, now)
    except Refused as refused:
        return _conflict(entry, refused.code, owner, now)
    return PaperLine(entry=entry, state="applied", recorded_at=now)


def _same_facts(settled: orders.Settled, entry: PaperEntry) -> bool:
    """Whether what was told online says the same; boxes that can't be compared are a conflict."""
    told_boxes = settled.fields.get("box_ids")
    if told_boxes is None:
        return settled.fields.get("state") == entry.outcome and not entry.boxes
    same_boxes = sorted(told_boxes) == sorted(entry.boxes)
    return settled.fields.get("state") == entry.outcome and same_boxes


def _conflict(entry: PaperEntry, reason: str, owner: str, now: datetime) -> PaperLine:
    return PaperLine(entry=entry, state="conflict", reason=reason, owner=owner, recorded_at=now)
