"""What an answer costs and whether it holds: shares no code with the search. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping

from linli.sourcing.model import Choice, Demand, Outlay, Sourcing
from linli.stock.rules import MOST_SOURCES, MOST_SPLIT

Choices = Mapping[str, Choice]
"""By order id."""


def held(problem: Sourcing) -> dict[str, Choice]:
    """The answer that changes nothing."""
    return {demand.order_id: demand.held for demand in problem.demands}


def outlay_of(demand: Demand, choice: Choice) -> Outlay:
    """What a choice costs one order."""
    stores = {store_id for store_id, _ in choice}
    return Outlay(sum(demand.metres[each] for each in stores), len(stores) - 1)


def outlay(problem: Sourcing, choices: Choices) -> Outlay:
    """What an answer costs in all."""
    found = Outlay(0, 0)
    for demand in problem.demands:
        found += outlay_of(demand, choices[demand.order_id])
    return found


def faults(problem: Sourcing, choices: Choices) -> list[str]:
    """Everything that is wrong with an answer; empty when it may be carried out."""
    return [*_of_orders(problem, choices), *_of_shelves(problem, choices)]


def _of_orders(problem: Sourcing, choices: Choices) -> Iterator[str]:
    if {demand.order_id for demand in problem.demands} != set(choices):
        yield "not the problem's orders"
        return
    for demand in problem.demands:
        choice = choices[demand.order_id]
        got: Counter[str] = Counter()
        for (_, sku), units in choice.items():
            got[sku] += units
        if got != Counter(demand.wanted) or any(units <= 0 for units in choice.values()):
            yield f"{demand.order_id} gets {dict(got)}, not {dict(demand.wanted)}"
        if not set(choice) <= demand.allowed | set(demand.held):
            yield f"{demand.order_id} is supplied from where it may not be"
        stores = {store_id for store_id, _ in choice}
        most = max(MOST_SPLIT, len({store_id for store_id, _ in demand.held}))
        if len(stores) > most or len(choice) > MOST_SOURCES:
            yield f"{demand.order_id} comes from {len(stores)} stores"


def _of_shelves(problem: Sourcing, choices: Choices) -> Iterator[str]:
    given: Counter[tuple[str, str]] = Counter()
    for choice in choices.values():
        given.update(choice)
    room = problem.room
    for shelf, units in given.items():
        if units > room.get(shelf, 0):
            yield f"{shelf} gives {units} of {room.get(shelf, 0)}"


def kept_sound(problem: Sourcing, given: Choices | None) -> dict[str, Choice]:
    """`given` if it holds and costs less than what is held, else what is held."""
    kept = held(problem)
    if given is None or faults(problem, given):
        return kept
    better = outlay(problem, given).total < outlay(problem, kept).total
    return dict(given) if better else kept
