"""Couriers with papers, and offers made and answered in this process."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from linli import catalogue, dispatch, fleet
from linli.credit import Points
from linli.dispatch import Assign, RoundStep
from linli.dispatch.rules import greedy
from linli.fleet.documents import NEEDED
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from tests.support.engine import Engine

LONG = timedelta(days=20_000)
"""Offers for doors that go by the clock on the wall."""
SEEN_AT = datetime(2024, 1, 1, tzinfo=UTC)


def furnish_once(db: Engine, kind: str, furnish: Callable[[], None]) -> None:
    """Furnish an empty engine as the first call with this `kind` did, but without the calls."""
    catalogue.forget()
    if kind in _furnished:
        db.restore(_furnished[kind])
    else:
        furnish()
        _furnished[kind] = db.everything()


_furnished: dict[str, dict[Table, dict[tuple[str, str], dict[str, Any]]]] = {}


def verify_documents(courier_id: str, community_id: str, vehicle: str) -> None:
    """Hand in every document that the vehicle needs, and let a dispatcher verify it."""
    judge = Caller("dispatcher-1", frozenset({(Role.DISPATCHER, community_id)}))
    needed: Mapping[Any, Any] = NEEDED
    for kind in sorted(needed[vehicle]):
        document = fleet.PutDocument(
            community_id=community_id, number="A-123456", expires_on=date(2099, 1, 1)
        )
        handed = fleet.hand_in(courier_id, kind, document, SEEN_AT)
        verdict = fleet.JudgeDocument(
            id=uuid7(), community_id=community_id, version=handed.version, verdict="verified"
        )
        fleet.judge(courier_id, kind, verdict, judge, SEEN_AT)


class Started:
    """A machine that only remembers what was started; `over` are the runs that have ended."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.over: set[str] = set()

    def start(self, name: str, payload: dict[str, Any]) -> None:
        """Note the run."""
        self.runs.setdefault(name, payload)

    def ended(self, name: str) -> bool:
        """Whether the run is over."""
        return name in self.over


class Waiting:
    """Tokens that remember what was answered, each once."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    def succeed(self, token: str, output: str) -> bool:
        """Answer the task, unless it was answered before."""
        if token in self.told:
            return False
        self.told[token] = output
        return True


def offer_round(
    wave_id: str, now: datetime, *, number: int = 1, offer_for: timedelta = LONG
) -> list[dict[str, str]]:
    """Begin the wave's offers if need be, and make those of a round; answers them."""
    step = dispatch.begin(wave_id, Started(), now)
    assert step is not None
    asked = RoundStep(wave_id=wave_id, run=step.run, round=number)
    offers: list[dict[str, str]] = dispatch.propose(asked, greedy, now, offer_for)["offers"]
    return offers


def helpers() -> dispatch.Helpers:
    """What couriers' actions may set in motion, none of which does anything."""
    return dispatch.Helpers(Started(), dispatch.offer_as_it_is, lambda *told: None, Points(5))


def take(route_id: str, courier_id: str, now: datetime) -> None:
    """A dispatcher gives the route to a courier."""
    community_id = route_id.split(".")[0]
    desk = Caller("dispatcher-1", frozenset({(Role.DISPATCHER, community_id)}))
    dispatch.assign(route_id, Assign(id=uuid7(), courier_id=courier_id), desk, now)
