"""
How an offer ends: accepted, declined, expired, withdrawn, or lost to a faster courier.

An offer leaves `open` once, by the row's own condition; a route finds one courier, by its own. The
machine that waits is told afterwards: if that fails, its own time-out lets it look for itself.
"""

import json
from datetime import datetime
from typing import Any

from linli import waves
from linli.dispatch.duty import hold
from linli.dispatch.fit import check_fit
from linli.dispatch.model import NotOffered, OfferGone, OfferState, OfferStep
from linli.dispatch.rows import (
    DUE,
    OFFER,
    OfferRow,
    PointerRow,
    courier_key,
    due_key,
    route_key,
)
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.machines import Tokens
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.waves import RouteOnDesk, RouteTaken

_ATTEMPTS = 4


def accept(route_id: str, caller: Caller, tokens: Tokens, now: datetime) -> None:
    """
    Take the route that is offered to the caller; again changes nothing.

    Raises:
        NotFound: There is no such route in the caller's communities.
        RouteTaken: Another courier was faster.
        OfferGone: The offer was declined, withdrawn, or its time is over.
        NotOffered: It never was offered to the caller.
        Busy: The caller holds another route at that time.
        NotFit: What was so when they were asked no longer is: a document was rejected or has
            lapsed, their day has ended, they are stopped or due a rest.
        Contended: The courier's devices keep writing at once; again is safe.
    """
    route = waves.route_on_desk(route_id)
    caller.require(route.community_id, Role.COURIER)
    offer = offer_to(route_id, caller.subject)
    if route.courier_id == caller.subject:
        if offer is not None:
            tell(offer, tokens)  # In case the first request died before it could.
        return
    offer = _still_fit(route, offer, caller.subject, now)
    for _ in range(_ATTEMPTS):
        try:
            with transaction() as tx:
                waves.give(tx, route_id, caller.subject, now)
                _settle(tx, offer, "accepted", now, in_time=True)
                hold(tx, caller.subject, route)
            break
        except AlreadyDone:  # The courier's duty was written meanwhile: look again.
            continue
        except (RouteTaken, OfferGone):
            if waves.route_on_desk(route_id).courier_id == caller.subject:
                return  # The same courier, from another device or by a repeated request.
            raise
    else:
        raise Contended
    tell(offer, tokens)
    _lose_others(route_id, offer, tokens, now)


def _still_fit(
    route: RouteOnDesk, offer: OfferRow | None, courier_id: str, now: datetime
) -> OfferRow:
    if offer is None:
        raise RouteTaken() if route.state != "offered" else NotOffered()
    if route.state == "offered" and offer.state == "open":
        check_fit(route, courier_id, now)
    return offer


def decline(route_id: str, caller: Caller, tokens: Tokens, now: datetime) -> None:
    """
    Say no to an offer; again changes nothing.

    Raises:
        NotFound: There is no such route in the caller's communities.
        NotOffered: It never was offered to the caller.
        OfferGone: It ended otherwise.
    """
    route = waves.route_on_desk(route_id)
    caller.require(route.community_id, Role.COURIER)
    offer = offer_to(route_id, caller.subject)
    if offer is None:
        raise NotOffered
    if offer.state == "declined":
        return
    end(offer, "declined", tokens, now)


def end(
    offer: OfferRow, how: OfferState, tokens: Tokens | None, now: datetime, reason: str = ""
) -> None:
    """
    End an open offer and tell the machine, unless it is the machine that asks (no tokens).

    Raises:
        OfferGone: It ended before, otherwise.
    """
    try:
        with transaction() as tx:
            _settle(tx, offer, how, now, in_time=False, reason=reason)
    except OfferGone:
        kept = reads.get(OfferRow, offer.pk, offer.sk)
        if kept is None or kept.state != how:
            raise
    if tokens is not None:
        tell(offer, tokens)


def wait(step: OfferStep, tokens: Tokens) -> None:
    """
    Keep the token with which the machine waits for an offer's end; answer it if that was before.

    Raises:
        NotFound: There is no such offer.
    """
    row = OfferRow(route_key(step.route_id), step.offer)
    with transaction() as tx:
        tx.update(
            row,
            [OfferRow.task_token.set(step.token)],
            condition=OfferRow.state.exists(),
            refusal=NotFound(),
        )
    kept = reads.get(OfferRow, row.pk, row.sk)
    if kept is not None and kept.state != "open":
        tell(kept, tokens)


def settle(step: OfferStep, now: datetime) -> dict[str, Any]:
    """
    What became of an offer for which the machine has waited long enough: an open one expires.

    Raises:
        NotFound: There is no such offer.
    """
    row = reads.get(OfferRow, route_key(step.route_id), step.offer)
    if row is None:
        raise NotFound
    if row.state == "open":
        try:
            end(row, "expired", None, now)
        except OfferGone:  # Answered at this very moment.
            row = reads.get(OfferRow, row.pk, row.sk) or row
            return {"route_id": step.route_id, "state": row.state}
        return {"route_id": step.route_id, "state": "expired"}
    return {"route_id": step.route_id, "state": row.state}


def offer_to(route_id: str, courier_id: str) -> OfferRow | None:
    """The courier's latest offer of the route, open or not."""
    rows = reads.query(OfferRow, route_key(route_id), OfferRow.sk.startswith(OFFER))
    own = [row for row in rows if row.courier_id == courier_id]
    return own[-1] if own else None


def offers_of(route_id: str) -> list[OfferRow]:
    """Every offer of the route, in the order of the rounds."""
    return reads.query(OfferRow, route_key(route_id), OfferRow.sk.startswith(OFFER))


def tell(offer: OfferRow, tokens: Tokens) -> None:
    """Tell the machine that waits for the offer, if it waits already."""
    kept = reads.get(OfferRow, offer.pk, offer.sk)
    if kept is not None and kept.task_token:
        tokens.succeed(kept.task_token, json.dumps({"state": kept.state}))


def _lose_others(route_id: str, won: OfferRow, tokens: Tokens, now: datetime) -> None:
    """End the other offers of a route that is taken; what is missed here, their time ends."""
    for other in offers_of(route_id):
        if other.state == "open" and other.sk != won.sk:
            try:
                end(other, "lost", tokens, now)
            except OfferGone:  # Ended otherwise at this very moment.
                continue


def _settle(
    tx: Transaction,
    offer: OfferRow,
    how: OfferState,
    now: datetime,
    *,
    in_time: bool,
    reason: str = "",
) -> None:
    """Add to `tx` that an open offer ends; `in_time`: only before it expires."""
    is_open = OfferRow.state == "open"
    actions = [OfferRow.state.set(how), OfferRow.settled_at.set(rfc3339(now))]
    if reason:
        actions.append(OfferRow.reason.set(reason))
    tx.update(
        offer,
        actions,
        condition=is_open & (OfferRow.expires_at > rfc3339(now)) if in_time else is_open,
        refusal=OfferGone(),
    )
    route_id = offer.pk.removeprefix("ROUTE#")
    tx.delete(PointerRow(courier_key(offer.courier_id), f"{OFFER}{route_id}"))
    tx.delete(PointerRow(DUE, due_key(offer.expires_at, f"{route_id}#{offer.sk}")))
