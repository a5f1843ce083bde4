"""
How a courier stands before a plan: free from when, and how much they will have worked by then.

Pure. A held route that begins before the plan's end is ridden to its own end first. Riding that
goes on, and what is ahead of those routes, is work; 20 minutes or more between them is a rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from linli.dispatch.rest import REST, Rest, look
from linli.dispatch.rules import Fatigue
from linli.kernel.time import ZONE
from linli.waves.conditions import Standing, Worked

Span = tuple[datetime, datetime]
DAY = timedelta(days=1)
"""No more is counted: whoever seems to have ridden for longer has a device that fell silent."""


def standing_of(
    rest: Rest, spans: Sequence[Span], fatigue: Fatigue, now: datetime, until: datetime, on: date
) -> Standing:
    """
    How the courier stands for a plan that ends at `until`.

    Args:
        spans: When they ride the routes that they hold.
        on: The local day whose work counts.
    """
    ahead = list(_ahead(spans, now, until))
    stretch = look(rest, now).stretch_seconds
    so_far = _worked(stretch, _worked_on(rest, (), now, on))
    last = rest.halted_at if rest.riding_since is None else now
    for begin, end in ahead:
        rested = last is None or begin - last >= REST
        stretch = (0 if rested else stretch) + _seconds(end - begin)
        last = end
    return Standing(
        free_at=ahead[-1][1] if ahead else now,
        worked=_worked(stretch, _worked_on(rest, ahead, now, on)),
        so_far=so_far,
        may_ride=fatigue != "alarm",
    )


def _ahead(spans: Iterable[Span], now: datetime, until: datetime) -> Iterator[Span]:
    """What is still to ride of the spans that begin before `until`: in order, no instant twice."""
    clock = now
    for start, end in sorted(spans):
        begin = max(start, clock)
        if start < until and end > begin:
            yield begin, end
            clock = end


def _worked(stretch_seconds: int, today_seconds: int) -> Worked:
    most = _seconds(DAY)
    return Worked(min(most, stretch_seconds), min(most, today_seconds))


def _worked_on(rest: Rest, ahead: Sequence[Span], now: datetime, on: date) -> int:
    """Seconds of riding on the local day `on`: those noted, those since, and those of `ahead`."""
    noted = rest.day_seconds if rest.day == on else 0
    since = rest.riding_since
    riding = [(since, now)] if since is not None else []
    return noted + sum(_within(on, *each) for each in (*riding, *ahead))


def _within(on: date, start: datetime, end: datetime) -> int:
    midnight = datetime.combine(on, time(), ZONE)
    return max(0, _seconds(min(end, midnight + DAY) - max(start, midnight)))


def _seconds(time_: timedelta) -> int:
    return round(time_.total_seconds())
