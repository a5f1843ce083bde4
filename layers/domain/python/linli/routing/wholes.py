"""Orders of several drops as one stop each, for who looks at orders as wholes. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from linli.routing.model import Part, Problem, Return, Stop, Window

Wholes = Mapping[str, tuple[Stop, ...]]
"""By the order's first stop: all of its drops, in their order."""
Load = TypeVar("Load", Part, Return)


def wholes_of(problem: Problem) -> Wholes:
    """
    The orders whose drops are at one place and not on their way yet. Their first stop bears the
    order's id; each next one starts when the one before is done.
    """
    begun = [vehicle.underway for vehicle in problem.vehicles if vehicle.underway is not None]
    moving = {n for each in begun for visit in each.visits for n in visit.stop_ids}
    moving |= {n for each in begun for call in each.locked for n in call.stop_ids}
    found: dict[str, list[Stop]] = defaultdict(list)
    for stop in sorted(problem.stops, key=lambda each: bool(each.order_id)):
        first = found.get(stop.order, [stop])[0]
        if stop.location == first.location and first.id == stop.order and stop.id not in moving:
            found[stop.order].append(stop)
    return {order: tuple(stops) for order, stops in found.items() if len(stops) > 1}


def whole_problem(problem: Problem, wholes: Wholes) -> Problem:
    """The problem with one stop for each of `wholes`, at the place of its first drop."""
    drops = {stop.id for stops in wholes.values() for stop in stops[1:]}
    stops = tuple(
        _whole(wholes[stop.id]) if stop.id in wholes else stop
        for stop in problem.stops
        if stop.id not in drops
    )
    return replace(problem, stops=stops) if wholes else problem


def _whole(drops: Sequence[Stop]) -> Stop:
    first, opens, closes, due, later = drops[0], 0, drops[0].window.close_seconds, [], 0
    for drop in drops:
        opens = max(opens, drop.window.open_seconds - later)
        closes = min(closes, drop.window.close_seconds - later)
        due += [] if drop.due_seconds is None else [drop.due_seconds - later]
        later += drop.service_seconds
    closes = max(0, opens, closes)
    return replace(
        first,
        parts=_summed([part for drop in drops for part in drop.parts]),
        returns=_summed([each for drop in drops for each in drop.returns]),
        window=Window(opens, closes),
        service_seconds=later,
        penalty_fen=sum(drop.penalty_fen for drop in drops),
        skills=tuple(dict.fromkeys(skill for drop in drops for skill in drop.skills)),
        due_seconds=max(0, min([*due, closes])) if due else None,
        late_fen_per_minute=sum(drop.late_fen_per_minute for drop in drops),
        priority=max(drop.priority for drop in drops),
    )


def _summed(loads: Sequence[Load]) -> tuple[Load, ...]:
    """One load for each depot: sizes add up, of cold limits the strictest holds."""
    found: dict[str, Load] = {}
    for load in loads:
        before = found.get(load.depot_id)
        found[load.depot_id] = load if before is None else _sum(before, load)
    return tuple(found.values())


def _sum(one: Load, other: Load) -> Load:
    grams, boxes, volume, cold = (a + b for a, b in zip(one.size, other.size, strict=True))
    both = replace(one, load_grams=grams, boxes=boxes, volume_millilitres=volume)
    if isinstance(both, Part) and isinstance(other, Part):
        limits = [n for n in (both.cold_limit_seconds, other.cold_limit_seconds) if n is not None]
        return replace(both, cold_boxes=cold, cold_limit_seconds=min(limits, default=None))
    return both
