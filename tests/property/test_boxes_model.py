"""
I4 under faults: boxes and their deposits against a model of who has what.

Boxes go out, are scanned here and there, on time and late, put into machines, brought to the
counter, washed, missed, found, converted and disputed by time alone. A step's calls may be
throttled, fail or time out before or after their effect, conflict, or lose the process; whoever
asked asks again under the same id. The model foretells each answer; afterwards the audits must find
nothing, nobody's deposit may be lost or doubled, and no box may have moved backwards in time.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from linli import boxes, catalogue, credit
from linli.audit import deposits
from linli.boxes.machine_model import understand
from linli.boxes.model import PlaceIn
from linli.boxes.register import find
from linli.credit import Fen
from linli.kernel.errors import Contended, Forbidden, Refused
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import transaction
from linli.payments.audit import books
from tests.support.boxes import HOME, NOW, STORE
from tests.support.engine import Crash, Fault, engine
from tests.support.packaging import (
    COURIER,
    KEEPER,
    NEXT,
    REWARD,
    STATION,
    THING,
    message,
    put_station,
)

BOXES = tuple(f"06901234000016M{number}" for number in range(3))
RESIDENTS = ("ann", "bo")
DEPOSIT = Fen(1000)
SPOTS = {
    "home": ("store", HOME),
    "first": ("station", STATION),
    "next": ("station", NEXT),
    "courier": ("courier", COURIER.subject),
    "washing": ("washing", HOME),
    "lost": ("lost", HOME),
}
WAYS = {
    "store": {"order", "courier", "resident", "washing", "lost", "retired"},
    "courier": {"store", "station", "resident", "washing", "lost"},
    "resident": {"store", "station", "courier", "lost"},
    "station": {"store", "courier", "washing", "lost", "retired"},
    "washing": {"store", "lost", "retired"},
    "lost": {"store", "station", "courier", "washing", "retired"},
    "retired": set(),
}
ROOM = 2
T = TypeVar("T")
Troubles = st.lists(st.sampled_from([None, *Fault]), max_size=4)
Back = st.sampled_from([0, 0, 0, 30, 300])
ABox = st.sampled_from(BOXES)


@dataclass
class Sight:
    """What was seen and moved nothing."""

    scan_id: str
    spot: tuple[str, str]
    at: datetime
    told_at: datetime
    fate: str
    returning: bool
    by: str | None


@dataclass
class Known:
    """What the model knows of a box."""

    spot: tuple[str, str]
    seen: datetime
    holder: str | None = None
    owed: int = 0
    converted: int = 0
    clean: bool = True
    cycle: int = 0
    out_at: datetime | None = None
    reminded: datetime | None = None
    sights: list[Sight] = field(default_factory=list)

    def fate(self, spot: tuple[str, str], at: datetime) -> str:
        if spot == self.spot:
            return "same"
        if at < self.seen:
            return "late"
        if self.holder and spot[0] not in ("store", "station", "courier"):
            return "held"
        return "applied" if spot[0] in WAYS[self.spot[0]] else "held"


class Circulation(RuleBasedStateMachine):
    """Boxes in circulation, whatever goes wrong."""

    scans: Bundle[boxes.Scan] = Bundle("scans")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.db = self.stack.enter_context(engine())
        self.now, self.number = NOW, 0
        self.points: Counter[str] = Counter()
        self.rewarded: Counter[tuple[str, str]] = Counter()
        self.said: dict[UUID, object] = {}
        self.known = {b: Known(("store", HOME), NOW) for b in BOXES}

    def teardown(self) -> None:
        self.stack.close()
        catalogue.forget()

    @initialize()
    def furnish(self) -> None:
        catalogue.forget()
        catalogue.put_store(HOME, STORE, None)
        for station_id, lat in ((STATION, 30.271), (NEXT, 30.28)):
            put_station(station_id, lat=lat, capacity=ROOM)
        boxes.put_machine(THING, boxes.PutMachine(station_id=STATION), caller=KEEPER)
        for box_id in BOXES:
            command = boxes.RegisterBox(store_id=HOME)
            boxes.register(box_id, command, caller=KEEPER, now=NOW)

    # What happens.

    @rule(hours=st.sampled_from([1, 6, 24, 24 * 8, 24 * 16]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(box_id=ABox, who=st.sampled_from(RESIDENTS), back=Back)
    def a_box_goes_out(self, box_id: str, who: str, back: int) -> None:
        """With an order that is delivered, perhaps told later."""
        box, at = self.known[box_id], self.now - timedelta(minutes=back)
        order_id = str(self.new_id())
        deposit = f"{order_id}/deposit"
        with transaction() as tx:
            credit.hold_deposit(tx, transfer_id=deposit, resident_id=who, fen=DEPOSIT, now=self.now)
        fits = box.spot[0] in ("store", "courier") and box.clean
        try:
            with transaction() as tx:
                boxes.hand_over(
                    tx,
                    box_id=box_id,
                    order_id=order_id,
                    resident_id=who,
                    deposit_transfer_id=deposit,
                    deposit_fen=DEPOSIT,
                    now=self.now,
                    at=at,
                )
                credit.post(tx, transfer_id=deposit, resident_id=who, now=self.now)
            went = True
        except (boxes.BoxNotInStore, boxes.BoxNotClean, boxes.RetiredBox):
            went = False
            with transaction() as tx:
                credit.void(tx, transfer_id=deposit, resident_id=who, now=self.now)
        assert went == fits
        if not went:
            return
        if at < box.seen:  # It was seen after it had gone out: it has come back since.
            self.note(box, f"{order_id}/out/seen", box.spot, box.seen, "held", returning=True)
        box.spot, box.holder, box.owed = ("resident", who), who, DEPOSIT
        box.cycle, box.out_at, box.reminded = box.cycle + 1, at, None
        box.seen = max(box.seen, at)

    @rule(
        target=scans,
        box_id=ABox,
        spot=st.sampled_from(sorted(SPOTS)),
        back=Back,
        by=st.sampled_from([*RESIDENTS, None]),
        troubles=Troubles,
    )
    def a_box_is_scanned(
        self, box_id: str, spot: str, back: int, by: str | None, troubles: list[Fault | None]
    ) -> boxes.Scan:
        kind, place_id = SPOTS[spot]
        command = boxes.Scan(
            id=self.new_id(),
            box_id=box_id,
            place=PlaceIn.model_validate({"kind": kind, "id": place_id}),
            at=self.now - timedelta(minutes=back),
            store_id=HOME,
            returned_by=by,
        )
        self.scan(command, troubles)
        return command

    @rule(command=scans, troubles=Troubles)
    def a_scan_is_sent_again(self, command: boxes.Scan, troubles: list[Fault | None]) -> None:
        self.scan(command, troubles)

    @rule(box_id=ABox, by=st.sampled_from([*RESIDENTS, None]), troubles=Troubles)
    def a_box_is_brought_to_the_counter(
        self, box_id: str, by: str | None, troubles: list[Fault | None]
    ) -> None:
        box = self.known[box_id]
        command = boxes.ReturnBox(id=self.new_id(), box_id=box_id, store_id=HOME, returned_by=by)
        answer = self.ask(
            lambda: boxes.take_back(command, caller=KEEPER, now=self.now, reward_points=REWARD),
            troubles,
        )
        if box.spot[0] == "retired":
            assert isinstance(answer, boxes.RetiredBox), answer
        elif box.holder is None:
            assert isinstance(answer, boxes.BoxNotOut), answer
        else:
            assert isinstance(answer, boxes.Returned), answer
            self.comes(
                box, ("store", HOME), self.now, by, (answer.refund_fen, answer.reward_points)
            )

    @rule(box_id=ABox, back=Back, times=st.integers(1, 2), troubles=Troubles)
    def a_box_is_put_into_the_machine(
        self, box_id: str, back: int, times: int, troubles: list[Fault | None]
    ) -> None:
        box, at = self.known[box_id], self.now - timedelta(minutes=back)
        self.number += 1
        arrival = message(self.number, box_id=box_id, at=at)
        fate = box.fate(("station", STATION), at)
        if fate == "applied" and box.holder is None:
            fate = "held"
        retired = fate == "held" and box.spot[0] == "retired"
        for n in range(times):
            answer = self.ask(
                lambda: boxes.take_in(arrival, now=self.now, reward_points=REWARD), troubles
            )
            assert isinstance(answer, boxes.TakenIn)
            if retired:
                assert answer.reason == "retired_box"
            elif n or any(troubles):  # An answer that was lost is not told again.
                assert answer.fate in ("duplicate", *([] if n else [fate])), answer
            else:
                assert answer.fate == fate
        scan_id = str(understand(arrival).told_as(THING))  # type: ignore[union-attr]
        if fate == "applied":
            self.comes(box, ("station", STATION), at, None, None)
        elif not retired:
            self.note(box, scan_id, ("station", STATION), at, fate, returning=True)

    @rule(box_id=ABox, result=st.sampled_from(["clean", "clean", "broken"]), troubles=Troubles)
    def a_box_is_inspected(self, box_id: str, result: str, troubles: list[Fault | None]) -> None:
        box = self.known[box_id]
        command = boxes.InspectBox.model_validate(
            {"id": self.new_id(), "box_id": box_id, "store_id": HOME, "result": result}
        )
        answer = self.ask(lambda: boxes.inspect(command, caller=KEEPER, now=self.now), troubles)
        if box.spot[0] == "retired":
            assert isinstance(answer, boxes.RetiredBox), answer
        elif box.spot != ("store", HOME) and box.spot[0] != "washing":
            assert isinstance(answer, boxes.BoxElsewhere), answer
        else:
            assert isinstance(answer, boxes.Inspected), answer
            clean = result == "clean"
            box.spot = ("store", HOME) if clean else ("retired", "broken")
            box.clean, box.seen = clean, max(box.seen, self.now)

    @rule()
    def everybody_forgets_their_boxes(self) -> None:
        for days in (15, 20):
            self.now += timedelta(days=days)
            for box_id in BOXES:
                self.the_sweeper_sees_to_a_box(box_id)

    @rule(box_id=ABox)
    def the_sweeper_sees_to_a_box(self, box_id: str) -> None:
        box = self.known[box_id]
        boxes.see_to(box_id, now=self.now, reward_points=REWARD)
        self.settle(box)
        if box.spot[0] != "resident":
            return
        assert box.out_at is not None
        remind, convert = (box.out_at + timedelta(days=days) for days in (14, 30))
        if self.now >= remind and box.reminded is None:
            box.reminded = self.now
        elif box.reminded and self.now >= max(convert, box.reminded + timedelta(days=3)):
            box.spot, box.owed, box.converted = ("lost", "overdue"), 0, box.owed

    # What must be true at all times.

    @invariant()
    def the_audits_find_nothing_and_the_sums_are_the_models(self) -> None:
        ledger = credit.audit()
        assert ledger.breaches == []
        assert boxes.breaches(ledger.deposits_fen, ledger.forfeits_fen) == []
        owed: Counter[str] = Counter()
        for box in self.known.values():
            if box.holder and box.owed:
                owed[box.holder] += box.owed
        assert ledger.deposits_fen == owed
        assert list(deposits.check(ledger.given_back, books())) == []
        converted = sum(box.converted for box in self.known.values())
        assert ledger.forfeits_fen.total() == converted
        assert ledger.granted_points == self.points.total()

    @invariant()
    def every_box_is_where_the_model_has_it(self) -> None:
        for box_id, known in self.known.items():
            box = find(box_id)
            if box is None:
                continue  # Not registered yet.
            kind, place_id = known.spot
            assert (box.custodian.value, box.custodian_id) == (kind, place_id), box_id
            assert (box.cycle, box.clean, box.holder_id) == (
                known.cycle,
                known.clean,
                known.holder,
            )
            assert box.seen_at == rfc3339(known.seen)
            told = boxes.history(box_id, caller=KEEPER)
            moves = [step for step in told.steps if step.fate == "moved"]
            assert len(moves) == box.version
            in_order = sorted(moves, key=lambda step: step.version or 0)
            assert in_order[-1].went_to == box.custodian

    # How it is asked for, and what the model makes of it.

    def scan(self, command: boxes.Scan, troubles: list[Fault | None]) -> None:
        answer = self.ask(
            lambda: boxes.scan(command, caller=KEEPER, now=self.now, reward_points=REWARD),
            troubles,
        )
        if command.id in self.said:
            assert answer == self.said[command.id]
            return
        box, at = self.known[command.box_id], command.at
        spot = command.place.kind, str(command.place.id)
        fate = box.fate(spot, at)
        if self.now - at > timedelta(days=30):
            assert isinstance(answer, boxes.TooOld)
        elif fate == "held" and box.spot[0] == "retired":
            assert isinstance(answer, boxes.RetiredBox), answer
        elif fate == "applied" and box.holder and spot[0] == "courier":
            assert isinstance(answer, Forbidden), answer
        elif fate == "applied" and spot[0] == "station" and self.held(spot[1]) >= ROOM:
            assert isinstance(answer, boxes.StationFull), answer
        else:
            assert isinstance(answer, boxes.Scanned), (answer, fate)
            assert answer.fate == fate, (answer, box)
            self.said[command.id] = answer
            if fate != "applied":
                by = command.returned_by
                self.note(box, str(command.id), spot, at, fate, returning=False, by=by)
            else:
                told = (answer.refund_fen, answer.reward_points)
                self.comes(box, spot, at, command.returned_by, told)

    def held(self, station_id: str) -> int:
        return sum(box.spot == ("station", station_id) for box in self.known.values())

    def comes(
        self,
        box: Known,
        spot: tuple[str, str],
        at: datetime,
        by: str | None,
        told: tuple[int, int] | None,
    ) -> None:
        """The box is there now; if it was out, it was returned."""
        refund, reward = 0, 0
        if box.holder is not None:
            refund = box.owed + box.converted
            day = local_date(self.now).isoformat()
            if by is not None and self.rewarded[by, day] < 10:
                reward = REWARD
                self.rewarded[by, day] += 1
                self.points[by] += reward
            box.clean = False
        assert told in (None, (refund, reward))
        box.spot, box.holder, box.owed, box.converted = spot, None, 0, 0
        box.out_at = box.reminded = None
        box.seen = max(box.seen, at)

    def note(
        self,
        box: Known,
        scan_id: str,
        spot: tuple[str, str],
        at: datetime,
        fate: str,
        *,
        returning: bool,
        by: str | None = None,
    ) -> None:
        box.sights.append(Sight(scan_id, spot, at, self.now, fate, returning, by))

    def settle(self, box: Known) -> None:
        for sight in sorted(box.sights, key=lambda one: (one.at, one.scan_id)):
            again = box.holder is not None and sight.at > box.seen
            if sight.fate == "held" or (sight.fate == "same" and again):
                sight.fate = self.again(box, sight)

    def again(self, box: Known, sight: Sight) -> str:
        fate = box.fate(sight.spot, sight.at)
        if fate == "applied" and not (sight.returning and box.holder is None):
            self.comes(box, sight.spot, sight.at, sight.by, None)
            return "applied"
        if fate in ("same", "late"):
            return "over"
        gone = box.spot[0] == "retired" or sight.told_at + timedelta(hours=48) <= self.now
        return "conflict" if gone else sight.fate

    def ask(self, act: Callable[[], T], troubles: list[Fault | None]) -> T | Refused:
        """The answer, asked for until there is one."""
        left = list(troubles)
        self.db.choose_fault = lambda operation: left.pop(0) if left else None
        try:
            for _ in range(len(troubles) + 1):
                try:
                    return act()
                except (Crash, ClientError, BotoCoreError, Contended):
                    continue
            raise AssertionError("no answer though every trouble had passed")
        except Refused as refusal:
            return refusal
        finally:
            left.clear()

    def new_id(self) -> UUID:
        self.number += 1
        return UUID(int=(0x01905C2E8A00 + self.number) << 80 | 0x7 << 76 | 0x2 << 62)


Circulation.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_no_box_and_no_deposit_is_lost_or_in_two_places = Circulation.TestCase
