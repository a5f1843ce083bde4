"""
I3 and I4 under faults: the ledger and the boxes against a model of a few plain numbers.

Each step's calls may be throttled, fail or time out before or after their effect, conflict, or
lose the process; whoever asked then asks again, as a phone does, until there is an answer. The
model foretells that answer, and moves once if it was a yes. Then the audits must find nothing,
and what the product tells each resident must be what the model says.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from linli import boxes, catalogue, credit
from linli.boxes import (
    BoxNotInStore,
    BoxNotOut,
    InspectBox,
    RegisterBox,
    ReturnBox,
    Returned,
)
from linli.catalogue import PutStore
from linli.credit import (
    AwardDeed,
    AwardedDeed,
    EarningCap,
    Fen,
    NotEnoughPoints,
    Points,
    RedeemReward,
    RedemptionCap,
    TransferSettled,
)
from linli.credit.earning import points_for
from linli.credit.lots import ends_at, last_day
from linli.credit.programme import PutProgramme, defaults
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.time import local_date
from linli.kernel.transact import transaction
from tests.support.engine import Crash, Fault, engine

STORES = ("6901234500011", "6901234500028")
BOXES = tuple(f"06901234000016S{number}" for number in range(3))
RESIDENTS = ("ann", "bo", "cy")
DEEDS, MOST_EARNED_POINTS_A_DAY = defaults().deeds, defaults().earned_points_a_day
REWARDS_A_DAY, REWARD_POINTS = 3, defaults().rewards["delivery"].price_points
CAP, DEPOSIT, REWARD, GIFT = Points(12), Fen(1000), Points(5), Points(20)
CAP_OF_ALL = 17
CITY = Caller("mayor", frozenset({(Role.CITY, "wulin")}))
KEEPER = Caller("keeper", frozenset((Role.STORE, store) for store in STORES))
SHOP = PutStore(
    community_id="wulin", owner_id="o", name_zh="店", name_en="Shop", lon=120.16, lat=30.27
)
T = TypeVar("T")
Troubles = st.lists(st.sampled_from([None, *Fault]), max_size=5)
Resident = st.sampled_from(RESIDENTS)


@dataclass(frozen=True)
class Held:
    """An order that waits for its end."""

    order_id: str
    resident: str
    points: int
    count: int
    day: str


class Neighbourhood(RuleBasedStateMachine):
    """Residents earn, order, get boxes and return them; days pass; anything may fail."""

    open_orders: Bundle[Held] = Bundle("open_orders")
    awards: Bundle[AwardDeed] = Bundle("awards")
    rewards: Bundle[tuple[RedeemReward, str]] = Bundle("rewards")
    returns: Bundle[tuple[ReturnBox, str]] = Bundle("returns")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.db = self.stack.enter_context(engine())
        self.now = datetime(2024, 6, 28, 15, 50, tzinfo=UTC)  # Ten to midnight in Shanghai.
        self.number = 0
        self.balance: Counter[str] = Counter()
        self.held: Counter[str] = Counter()
        self.spent: Counter[tuple[str, str]] = Counter()
        self.earned: Counter[tuple[str, str]] = Counter()
        self.holder: dict[str, str | None] = dict.fromkeys(BOXES)
        self.said: dict[UUID, AwardedDeed | Returned | credit.Redeemed] = {}
        self.deeds: dict[str, list[datetime]] = {who: [] for who in RESIDENTS}
        self.turned_away: set[UUID] = set()
        self.redeemed: Counter[tuple[str, str]] = Counter()
        self.refusals: dict[UUID, str] = {}
        self.taken_back: set[UUID] = set()
        self.lots: dict[str, list[list[Any]]] = {who: [] for who in RESIDENTS}

    def teardown(self) -> None:
        self.stack.close()

    @initialize()
    def shops_and_boxes(self) -> None:
        for store_id in STORES:
            catalogue.put_store(store_id, SHOP, None)
        for box_id in BOXES:
            command = RegisterBox(store_id=STORES[0])
            boxes.register(box_id, command, caller=KEEPER, now=self.now)
        rules = defaults().model_dump()
        rules["rewards"]["delivery"]["a_day"] = REWARDS_A_DAY
        rules["order_points_a_day"] = CAP_OF_ALL
        credit.programme.put("wulin", PutProgramme.model_validate(rules), "*")
        for resident in RESIDENTS:
            with transaction() as tx:
                gift, who = f"{resident}/gift", resident
                credit.grant(
                    tx, transfer_id=gift, resident_id=who, points=GIFT, deed="gift", now=self.now
                )
            self.earns(resident, GIFT)

    # What happens.

    @rule(hours=st.sampled_from([1, 24, 24 * 40, 24 * 200]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(troubles=Troubles)
    def what_is_due_is_seen_to(self, troubles: list[Fault | None]) -> None:
        """Points expire, the oldest first; what an order holds of them stays till its end."""
        left = list(troubles)
        self.db.choose_fault = lambda operation: left.pop(0) if left else None
        for _ in range(len(troubles) + 1):
            try:
                credit.sweep(self.now)
                break
            except (ExceptionGroup, Crash, ClientError, BotoCoreError, Contended):
                continue
        left.clear()
        today = local_date(self.now)
        for who in RESIDENTS:
            held = self.held[who]
            for lot in self.lots[who]:
                kept = min(held, lot[1])
                held -= kept
                if lot[0] < today and self.looked_at(who, lot, kept):
                    self.balance[who] -= lot[1] - kept
                    lot[1] = kept

    @rule(
        target=awards,
        resident=Resident,
        points=st.sampled_from([3, 10]),
        troubles=Troubles,
    )
    def a_deed_is_awarded(
        self, resident: str, points: int, troubles: list[Fault | None]
    ) -> AwardDeed:
        command = AwardDeed(
            id=self.new_id(), resident_id=resident, deed="volunteered", points=points
        )
        self.award(command, troubles)
        return command

    @rule(command=awards, troubles=Troubles)
    def an_award_is_sent_again(self, command: AwardDeed, troubles: list[Fault | None]) -> None:
        self.award(command, troubles)

    @rule(command=awards, troubles=Troubles)
    def a_deed_is_taken_back(self, command: AwardDeed, troubles: list[Fault | None]) -> None:
        awarded = self.said.get(command.id)
        undo = credit.ReverseDeed(
            id=self.new_id(),
            community_id="wulin",
            resident_id=command.resident_id,
            deed_id=command.id,
            reason="mistake",
        )
        answer = self.ask(lambda: credit.reverse_deed(undo, caller=CITY, now=self.now), troubles)
        if not isinstance(awarded, AwardedDeed):
            assert isinstance(answer, NotFound), answer
        elif command.id in self.taken_back:
            assert isinstance(answer, credit.NotReversible), answer
        elif self.free(command.resident_id) < awarded.points:
            assert isinstance(answer, NotEnoughPoints), answer
        else:
            assert isinstance(answer, credit.ReversedDeed), answer
            self.taken_back.add(command.id)
            self.spends(command.resident_id, awarded.points)

    @rule(target=rewards, resident=Resident, troubles=Troubles)
    def a_reward_is_taken(
        self, resident: str, troubles: list[Fault | None]
    ) -> tuple[RedeemReward, str]:
        command = RedeemReward(id=self.new_id(), community_id="wulin", reward="delivery")
        self.redeem(command, resident, troubles)
        return command, resident

    @rule(sent=rewards, troubles=Troubles)
    def a_reward_is_asked_for_again(
        self, sent: tuple[RedeemReward, str], troubles: list[Fault | None]
    ) -> None:
        self.redeem(*sent, troubles)

    @rule(
        target=open_orders,
        resident=Resident,
        points=st.integers(1, 13),
        count=st.integers(0, 3),
        troubles=Troubles,
    )
    def an_order_is_placed(
        self, resident: str, points: int, count: int, troubles: list[Fault | None]
    ) -> Held:
        day = self.day()
        foretold: type[Refused] | None = None
        if points > CAP:
            foretold = RedemptionCap
        elif points + sum(self.spent[who, day] for who in RESIDENTS) > CAP_OF_ALL:
            foretold = credit.ProgrammePointsCap
        elif self.balance[resident] - self.held[resident] < points:
            foretold = NotEnoughPoints
        elif self.spent[resident, day] + points > CAP:
            foretold = RedemptionCap
        held = Held(str(self.new_id()), resident, 0 if foretold else points, count, day)
        found = reads.batch(credit.quota_keys("wulin", local_date(self.now)))
        refusal = self.ask(lambda: self.place(held, points, found), troubles, lost=AlreadyDone)
        assert type(refusal) is (foretold or type(None)), refusal
        if foretold:  # The resident then orders without points, if there are boxes to be had.
            self.ask(lambda: self.place(held, 0, found), [])
            return held
        self.held[resident] += points
        self.spent[resident, day] += points
        return held

    @rule(held=consumes(open_orders), troubles=Troubles)
    def an_order_is_cancelled(self, held: Held, troubles: list[Fault | None]) -> None:
        self.cancel(held, troubles)

    @rule(
        held=consumes(open_orders),
        wanted=st.lists(st.sampled_from(BOXES), unique=True, max_size=3),
        troubles=Troubles,
    )
    def an_order_is_delivered(
        self, held: Held, wanted: list[str], troubles: list[Fault | None]
    ) -> None:
        handed = wanted[: held.count]
        if not held.points and not held.count:
            return  # Neither credit nor boxes take part in it.
        there = all(self.holder[box_id] is None for box_id in handed)
        refusal = self.ask(lambda: self.deliver(held, handed), troubles, lost=TransferSettled)
        assert type(refusal) is (type(None) if there else BoxNotInStore), refusal
        if not there:
            self.cancel(held, [])
            return
        self.held[held.resident] -= held.points
        self.spends(held.resident, held.points)
        for box_id in handed:
            self.holder[box_id] = held.resident

    @rule(
        target=returns,
        box_id=st.sampled_from(BOXES),
        by=Resident,
        store_id=st.sampled_from(STORES),
        troubles=Troubles,
    )
    def a_box_is_returned(
        self, box_id: str, by: str, store_id: str, troubles: list[Fault | None]
    ) -> tuple[ReturnBox, str]:
        command = ReturnBox(id=self.new_id(), box_id=box_id, store_id=store_id, returned_by=by)
        self.give_back(command, by, troubles)
        return command, by

    @rule(sent=returns, troubles=Troubles)
    def a_return_is_sent_again(
        self, sent: tuple[ReturnBox, str], troubles: list[Fault | None]
    ) -> None:
        self.give_back(*sent, troubles)

    # What must be true at all times.

    @rule(resident=Resident)
    def a_resident_is_told_what_the_model_says(self, resident: str) -> None:
        told = credit.statement(resident, now=self.now)
        assert told.balance_points == self.balance[resident]
        assert told.held_points == self.held[resident]
        left = {last.isoformat(): points for last, points, _ in self.lots[resident] if points}
        assert {lot.last_on: lot.points for lot in told.lots} == left
        assert told.spent_today_points == self.spent[resident, self.day()]

    @invariant()
    def the_audits_find_nothing_and_the_sums_are_the_models(self) -> None:
        ledger = credit.audit(cap_points=CAP)
        assert ledger.breaches == []
        assert boxes.breaches(ledger.deposits_fen) == []
        assert ledger.granted_points - ledger.burnt_points == self.balance.total()
        out = Counter(holder for holder in self.holder.values() if holder)
        assert ledger.deposits_fen == {who: count * DEPOSIT for who, count in out.items()}

    # How it is asked for.

    def ask(
        self,
        act: Callable[[], T],
        troubles: Sequence[Fault | None],
        lost: type[Refused] | None = None,
    ) -> T | Refused | None:
        """
        The answer, asked for until there is one; `lost` is how a part without a record of its own
        tells that the try before, whose answer was lost, had been written.
        """
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
            troubled = any(troubles[: len(troubles) - len(left)])
            return None if troubled and lost and isinstance(refusal, lost) else refusal
        finally:
            left.clear()

    def award(self, command: AwardDeed, troubles: list[Fault | None]) -> None:
        points = points_for(DEEDS, command.deed, command.points)
        key = command.resident_id, self.day()
        since = self.now - timedelta(days=30)
        lately = sum(at > since for at in self.deeds[command.resident_id])
        fits = self.earned[key] + points <= MOST_EARNED_POINTS_A_DAY and lately < 12
        answer = self.ask(lambda: credit.award(command, caller=CITY, now=self.now), troubles)
        if command.id in self.said:
            assert answer == self.said[command.id]
        elif fits and command.id not in self.turned_away:
            assert isinstance(answer, AwardedDeed), answer
            self.said[command.id] = answer
            self.earned[key] += points
            self.deeds[command.resident_id].append(self.now)
            self.earns(command.resident_id, points)
        else:  # For ever: a refusal is recorded under the deed's id.
            assert isinstance(answer, Refused), answer
            assert answer.code == EarningCap.code
            self.turned_away.add(command.id)

    def looked_at(self, who: str, lot: list[Any], kept: int) -> bool:
        """A lot of which an order holds points is looked at by the hour, others at once."""
        due = lot[2] <= self.now
        if due and kept:
            lot[2] = self.now + timedelta(hours=1)
        return bool(due)

    def earns(self, who: str, points: int) -> None:
        """Into the lot that ends with the month, a year on."""
        last = last_day(self.now)
        lots = self.lots[who]
        if not lots or lots[-1][0] != last:
            lots.append([last, 0, ends_at(last)])
        lots[-1][1] += points
        self.balance[who] += points

    def spends(self, who: str, points: int) -> None:
        """The oldest first."""
        self.balance[who] -= points
        for lot in self.lots[who]:
            taken = min(lot[1], points)
            lot[1] -= taken
            points -= taken
        assert not points

    def free(self, who: str) -> int:
        """What may be spent."""
        return self.balance[who] - self.held[who]

    def redeem(self, command: RedeemReward, who: str, troubles: list[Fault | None]) -> None:
        caller, day = Caller(who, frozenset({(Role.RESIDENT, "wulin")})), self.day()
        answer = self.ask(lambda: credit.redeem(command, caller=caller, now=self.now), troubles)
        if command.id in self.said:
            assert answer == self.said[command.id]
            return
        today = sum(n for (_, on), n in self.redeemed.items() if on == day)
        foretold = (
            credit.ProgrammeCap.code
            if today >= REWARDS_A_DAY
            else NotEnoughPoints.code
            if self.free(who) < REWARD_POINTS
            else RedemptionCap.code
            if self.redeemed[who, day] >= 2
            else None
        )
        told = self.refusals.get(command.id, foretold)
        if told is not None:  # For ever.
            assert isinstance(answer, Refused), answer
            assert answer.code == told
            self.refusals[command.id] = told
            return
        assert isinstance(answer, credit.Redeemed), answer
        self.said[command.id] = answer
        self.redeemed[who, day] += 1
        self.spends(who, REWARD_POINTS)

    def give_back(self, command: ReturnBox, by: str, troubles: list[Fault | None]) -> None:
        answer = self.ask(
            lambda: boxes.take_back(command, caller=KEEPER, now=self.now, reward_points=REWARD),
            troubles,
        )
        if command.id in self.said:
            assert answer == self.said[command.id]
        elif self.holder[command.box_id] is not None:
            assert isinstance(answer, Returned), answer
            self.said[command.id] = answer
            self.holder[command.box_id] = None
            if answer.reward_points:  # Ten a day are rewarded.
                self.earns(by, answer.reward_points)
            self.wash(command)
        else:
            assert isinstance(answer, BoxNotOut), answer

    def wash(self, back: ReturnBox) -> None:
        assert back.store_id is not None
        command = InspectBox(
            id=self.new_id(), box_id=back.box_id, store_id=back.store_id, result="clean"
        )
        self.ask(lambda: boxes.inspect(command, caller=KEEPER, now=self.now), [])

    def place(self, held: Held, points: int, found: reads.Found) -> None:
        on = local_date(self.now)
        with transaction() as tx:
            if points:
                credit.hold_points(
                    tx,
                    transfer_id=f"{held.order_id}/points",
                    resident_id=held.resident,
                    points=Points(points),
                    on=on,
                    cap_points=CAP,
                    now=self.now,
                    quota=credit.quota_in(found, "wulin", on),
                )
            if held.count:
                credit.hold_deposit(
                    tx,
                    transfer_id=f"{held.order_id}/deposit",
                    resident_id=held.resident,
                    fen=Fen(held.count * DEPOSIT),
                    now=self.now,
                )

    def cancel(self, held: Held, troubles: list[Fault | None]) -> None:
        def act() -> None:
            with transaction() as tx:
                for kind in ["points"] * bool(held.points) + ["deposit"] * bool(held.count):
                    transfer = f"{held.order_id}/{kind}"
                    who, now = held.resident, self.now
                    credit.void(tx, transfer_id=transfer, resident_id=who, now=now)

        assert self.ask(act, troubles, lost=TransferSettled) is None
        self.held[held.resident] -= held.points
        self.spent[held.resident, held.day] -= held.points

    def deliver(self, held: Held, handed: list[str]) -> None:
        deposit, who, now = f"{held.order_id}/deposit", held.resident, self.now
        with transaction() as tx:
            if held.points:
                points = f"{held.order_id}/points"
                credit.post(tx, transfer_id=points, resident_id=who, now=now)
            if held.count:
                fen = Fen(len(handed) * DEPOSIT)
                credit.post_part(tx, transfer_id=deposit, resident_id=who, fen=fen, now=now)
            for box_id in handed:
                boxes.hand_over(
                    tx,
                    box_id=box_id,
                    order_id=held.order_id,
                    resident_id=who,
                    deposit_transfer_id=deposit,
                    deposit_fen=DEPOSIT,
                    now=now,
                )

    def day(self) -> str:
        return local_date(self.now).isoformat()

    def new_id(self) -> UUID:
        self.number += 1
        return UUID(int=(0x01905C2E8A00 + self.number) << 80 | 0x7 << 76 | 0x2 << 62)


Neighbourhood.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_no_point_fen_or_box_is_lost_or_invented = Neighbourhood.TestCase
