"""
A courier's duty: the routes they hold, their rest, their fatigue; written under a version.

No two routes of a courier meet in time, whatever is accepted at once on however many devices.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from linli.dispatch.model import Busy
from linli.dispatch.needs import rest_of, span_text, spans_of
from linli.dispatch.rest import Rest
from linli.dispatch.rows import DUTY, DutyRow, courier_key
from linli.dispatch.rules import overlaps
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended
from linli.kernel.transact import Transaction, transaction
from linli.waves import RouteOnDesk, route_on_desk

_ATTEMPTS = 6


def duty_of(courier_id: str) -> DutyRow | None:
    """The courier's duty, read consistently; None: nothing is known yet."""
    return reads.get(DutyRow, courier_key(courier_id), DUTY)


def held(duty: DutyRow | None) -> dict[str, list[str]]:
    """The spans of the routes that the courier holds, by route."""
    holds: dict[str, list[str]] = json.loads(duty.holds) if duty else {}
    return holds


def hold(tx: Transaction, courier_id: str, route: RouteOnDesk) -> None:
    """
    Add to `tx` that the courier holds the route.

    Raises, here or at the commit:
        Busy: They hold another one at that time.
        AlreadyDone: Their duty was written since it was read here.
    """
    duty = duty_of(courier_id)
    holds = held(duty)
    holds.pop(route.route_id, None)
    others = spans_of(DutyRow(courier_key(courier_id), DUTY, holds=json.dumps(holds)))
    if overlaps(others, route.depart_at, route.finish_at):
        raise Busy
    _write(tx, courier_id, duty, {**holds, route.route_id: span_text(route)})


def let_go(tx: Transaction, courier_id: str, route_id: str) -> None:
    """
    Add to `tx` that the courier no longer holds the route.

    Raises at the commit:
        AlreadyDone: Their duty was written since it was read here.
    """
    duty = duty_of(courier_id)
    holds = held(duty)
    holds.pop(route_id, None)
    _write(tx, courier_id, duty, holds)


def drop(courier_id: str, route_id: str) -> None:
    """
    Forget a route that is done; again changes nothing.

    Raises:
        Contended: The duty was being written at every attempt.
    """
    for _ in range(_ATTEMPTS):
        if route_id not in held(duty_of(courier_id)):
            return
        try:
            with transaction() as tx:
                let_go(tx, courier_id, route_id)
            return
        except AlreadyDone:  # Written meanwhile: look again.
            continue
    raise Contended


def retime(route_id: str) -> None:
    """
    Note when a held route that was planned anew begins and ends now; again changes nothing.

    Raises:
        NotFound: There is no such route.
        Contended: The duty was being written at every attempt.
    """
    for _ in range(_ATTEMPTS):
        route = route_on_desk(route_id)
        duty = None if route.courier_id is None else duty_of(route.courier_id)
        holds = held(duty)
        if route.courier_id is None or holds.get(route_id) in (None, span_text(route)):
            return
        try:
            with transaction() as tx:
                _write(tx, route.courier_id, duty, {**holds, route_id: span_text(route)})
            return
        except AlreadyDone:  # Written meanwhile: look again.
            continue
    raise Contended


def change_rest(courier_id: str, change: Callable[[Rest], Rest]) -> Rest:
    """
    Note that the courier rides or rests; answers how they stand.

    Raises:
        Contended: The duty was being written at every attempt.
    """
    for _ in range(_ATTEMPTS):
        duty = duty_of(courier_id)
        before = rest_of(duty)
        after = change(before)
        if after == before:
            return after
        try:
            with transaction() as tx:
                _write(tx, courier_id, duty, held(duty), rest=after)
            return after
        except AlreadyDone:  # Written meanwhile: look again.
            continue
    raise Contended


def note(courier_id: str, *, fatigue: str | None = None, stopped: str | None = None) -> None:
    """
    Note what fatigue monitoring says, or why a courier is stopped ("" : no longer).

    Raises:
        Contended: The duty was being written at every attempt.
    """
    for _ in range(_ATTEMPTS):
        duty = duty_of(courier_id)
        try:
            with transaction() as tx:
                _write(tx, courier_id, duty, held(duty), fatigue=fatigue, stopped=stopped)
            return
        except AlreadyDone:  # Written meanwhile: look again.
            continue
    raise Contended


def next_route(duty: DutyRow | None, now: datetime) -> str | None:
    """The held route that begins first."""
    holds = held(duty)
    return min(holds, key=lambda route_id: (holds[route_id], route_id), default=None)


def _write(
    tx: Transaction,
    courier_id: str,
    duty: DutyRow | None,
    holds: Mapping[str, list[str]],
    *,
    rest: Rest | None = None,
    fatigue: str | None = None,
    stopped: str | None = None,
) -> None:
    """Write the duty whole, unless it was written since `duty` was read."""
    kept_rest = duty.rest if duty else None
    row = DutyRow(
        courier_key(courier_id),
        DUTY,
        version=1 if duty is None else int(duty.version) + 1,
        holds=json.dumps(dict(holds)),
        rest=rest.model_dump_json() if rest else kept_rest,
        fatigue=fatigue if fatigue is not None else duty.fatigue if duty else None,
        stopped=(stopped or None) if stopped is not None else duty.stopped if duty else None,
    )
    seen = DutyRow.pk.does_not_exist() if duty is None else DutyRow.version == duty.version
    tx.put(row, condition=seen, refusal=AlreadyDone())
