"""Every minute: offers whose time is over expire, and waves whose offers have stopped go on."""

from datetime import datetime

from linli.dispatch.answers import end
from linli.dispatch.model import OfferGone
from linli.dispatch.rows import DUE, OfferRow, PointerRow, route_key
from linli.dispatch.runs import look_after
from linli.kernel import reads
from linli.kernel.machines import Machine, Tokens
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction

MOST_AT_ONCE = 500


def sweep(machine: Machine, tokens: Tokens, now: datetime) -> dict[str, int]:
    """Expire what is due, then look after the waves; answers how many of each it looked at."""
    before = PointerRow.sk < f"{rfc3339(now)}~"
    due = reads.query(PointerRow, DUE, before, most=MOST_AT_ONCE)
    for pointer in due:
        _expire(pointer, tokens, now)
    return {"due": len(due), "waves": len(look_after(machine, now))}


def _expire(pointer: PointerRow, tokens: Tokens, now: datetime) -> None:
    _, route_id, sort = pointer.sk.split("#", 2)
    offer = reads.get(OfferRow, route_key(route_id), sort)
    if offer is None or offer.state != "open":
        with transaction() as tx:
            tx.delete(pointer)
        return
    try:
        end(offer, "expired", tokens, now)
    except OfferGone:
        return  # Answered at this very moment.
