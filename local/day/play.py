"""
Plays one day on a running stack, through its doors only, and reports what happened.

The stack's clock is moved forward from hour to hour. Exit status 0 means that nothing surprised:
every answer was expected, every attempt refused as it must be, every audit passed.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from local.day import (
    attempts,
    bank,
    boxes,
    counter,
    neighbourhood,
    paying,
    presale,
    privileges,
    riding,
    sensing,
    storm,
)
from local.day.baskets import DayOfDemand, make_day
from local.day.calendar import Calendar, day_to_play
from local.day.closing import figures_of, read_audits
from local.day.credit import check_balances, spend_too_much
from local.day.doors import Doors
from local.day.figures import Figures
from local.day.places import COMMUNITY, Resident, settle
from local.day.report import save
from local.day.riding import Ride, deliver_due, race, run_wave
from local.day.sample import load_sample
from local.day.shopping import AFTERNOON_UNTIL_HOUR, MORNING_UNTIL_HOUR, order_by_hour
from local.day.stage import Stage
from local.day.tally import Tally
from local.day.terminal import TEXT_WIDTH, show
from local.stack import Stack


def main(stack: Stack) -> int:
    """Play the next day on `stack`; 0 when nothing surprised, else 1."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=TEXT_WIDTH)
    try:
        with curtain(stack, console) as stage:
            figures = play(stage)
    except neighbourhood.DoorsClosed as closed:
        console.print(f"[bold]没有开门 No day can be played:[/bold] {closed}", highlight=False)
        return 1
    show(figures, console)
    for path in save(figures):
        console.print(f"→ {path}", highlight=False)
    return 0 if figures.clean else 1


@contextmanager
def curtain(stack: Stack, console: Console) -> Iterator[Stage]:
    """The stage of the next day, its connections closed and its progress bars ended after it."""
    calendar = day_to_play(stack.now())
    sample = load_sample()
    residents = settle(sample.buildings, sample.stores, COMMUNITY)
    doors = Doors(stack.api_url)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console.print(f"邻里的一天 · A neighbourhood's day · {calendar.on:%A} {calendar.on}")
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        stage = Stage(stack, doors, calendar, sample, residents, Tally(), progress)
        for day in (calendar.on - timedelta(days=1), calendar.on):
            stage.who_ordered |= _who_ordered(stage, day)
        try:
            yield stage
        finally:
            doors.close()


def demand_on(stage: Stage, on: date) -> DayOfDemand:
    """The baskets of a calendar day: the same whenever they are asked for."""
    return make_day(stage.sample, stage.residents, Calendar(on).seed)


def play(stage: Stage) -> Figures:
    """The day from midnight to midnight; answers its figures."""
    day = demand_on(stage, stage.calendar.on)
    stage.clock_to(stage.calendar.at(0, 1))
    stage.say("开门 the neighbourhood opens")
    neighbourhood.load(stage, day)
    storm.put_reserve(stage)
    shelf = boxes.register_boxes(stage)
    opening = neighbourhood.opening_stock(stage)
    boxes.plan_boxes(stage, day.baskets, MORNING_UNTIL_HOUR)
    ride = Ride()
    scene(stage, lambda: morning(stage, day, ride))
    scene(stage, lambda: midday(stage, day, ride, shelf))
    scene(stage, lambda: privileges.enjoy(stage))
    scene(stage, lambda: errands(stage))
    scene(stage, lambda: afternoon(stage, ride, shelf))
    scene(stage, lambda: order_by_hour(stage, day.baskets, range(AFTERNOON_UNTIL_HOUR, 24)))
    scene(stage, lambda: paying.account(stage))
    presale.read_share(stage)
    stage.say("审计 audits")
    audits = read_audits(stage)
    seconds = time.monotonic() - stage.begun
    return figures_of(stage, day.baskets, opening, ride.routes, audits, seconds)


def scene(stage: Stage, act: Callable[[], None]) -> None:
    """Play a scene; one that breaks off is a surprise, told in full, and the day goes on."""
    try:
        act()
    except Exception as fault:  # Whatever it is, the report must tell of it and of the rest.
        stage.progress.console.print_exception()
        stage.tally.surprise(f"a scene broke off: {type(fault).__name__}: {fault}")


def morning(stage: Stage, day: DayOfDemand, ride: Ride) -> None:
    """Orders until the first cut-off, wrong orders among them; the first wave and its couriers."""
    stage.say("清晨下单 orders until the first cut-off, and the produce sensor")
    first, last = day.baskets[0], day.baskets[-1]
    order_by_hour(stage, day.baskets, range(MORNING_UNTIL_HOUR))
    attempts.try_wrong_orders(stage, last)
    attempts.try_wrong_people(stage, first)
    attempts.try_id_again(stage, first)
    bank.try_payments(stage)
    presale.open_presales(stage)
    sensing.listen(stage)
    wave_id = stage.calendar.slot_id(10)
    stage.clock_to(stage.calendar.at(9, 1))
    stage.say("10:00 批次 the first wave, started by the schedule")
    routes = run_wave(stage, wave_id, riding.start_by_schedule)
    race(stage, wave_id, routes, ride)


def midday(stage: Stage, day: DayOfDemand, ride: Ride, shelf: boxes.BoxShelf) -> None:
    """Orders and deliveries side by side; boxes come back, points are earned and spent."""
    stage.say("中午 orders and deliveries side by side")
    counter.order_for_locker(stage)
    attempts.try_closed_slot(stage, day.baskets[0])
    for hour in range(MORNING_UNTIL_HOUR, 13):
        order_by_hour(stage, day.baskets, range(hour, hour + 1))
        deliver_due(stage, ride, shelf, stage.calendar.at(hour + 1))
    deliver_due(stage, ride, shelf, stage.calendar.at(13, 30))
    boxes.return_boxes(stage, shelf, day.baskets)
    spend_too_much(stage, day.baskets)
    order_by_hour(stage, day.baskets, range(13, AFTERNOON_UNTIL_HOUR))
    attempts.try_full_slot(stage, *day.baskets[-2:])
    check_balances(stage)


def errands(stage: Stage) -> None:
    """Presales end; orders for the counter, the locker, and by a neighbour for an elder."""
    stage.say("自提、代购、预售 a counter, a locker, a proxy, presales")
    presale.close_presales(stage)
    counter.buy_for_elder(stage)
    counter.pick_up(stage)
    counter.fill_locker(stage)


def afternoon(stage: Stage, ride: Ride, shelf: boxes.BoxShelf) -> None:
    """The second wave, overtaken by a storm."""
    wave_id = stage.calendar.slot_id(16)
    stage.clock_to(stage.calendar.at(15, 1))
    stage.say("16:00 批次 the second wave, started by the dispatcher")
    routes = run_wave(stage, wave_id, riding.start_by_dispatcher)
    race(stage, wave_id, routes, ride)
    deliver_due(stage, ride, shelf, stage.calendar.at(16, 45))
    stage.clock_to(stage.calendar.at(16, 45))
    stage.say("风暴 a storm warning")
    emergency_id = storm.warn(stage, len({drop.route_id for drop in ride.drops}))
    if len(ride.drops) < 2:
        stage.tally.surprise("the storm found nobody on the way")
        return
    stage.clock_to(max(drop.at for drop in ride.drops[:2]) + timedelta(minutes=20))
    storm.ride_through(stage, emergency_id, ride, shelf)
    stage.say("风暴之后 after the storm")
    deliver_due(stage, ride, shelf, stage.calendar.at(23))


def _who_ordered(stage: Stage, on: date) -> dict[str, Resident]:
    calendar = Calendar(on)
    return {
        calendar.id(f"order/{basket.number}"): basket.resident
        for basket in demand_on(stage, on).baskets
    }


if __name__ == "__main__":
    sys.exit(main(Stack.running()))
