"""
Points become privileges: a coupon for points, as long as the day's scarce supply lasts.

How many of a reward a programme gives in a day is counted in `PARTS` items, each with its part of
the cap, so that fifty residents at once do not all write to one item; the sum of the parts is the
cap, and each part is counted under its own condition, so the cap is exact. A resident begins at
the part of their own command and goes on to those that have something left.
"""

from datetime import date, datetime
from typing import Final
from zlib import crc32

from pydantic import BaseModel, ConfigDict

from linli.credit import programme
from linli.credit.coupons import UnknownKind, coupon_id, grant_coupon
from linli.credit.hold import put_transfer
from linli.credit.keys import (
    POINTS,
    part_key,
    person,
    quota_of,
    redeemed,
    redemption_key,
    score_key,
)
from linli.credit.model import (
    ISSUER,
    Done,
    NotEnoughPoints,
    Points,
    ProgrammeCap,
    RedemptionCap,
    State,
    TopTierOnly,
    Transfer,
    points_of,
)
from linli.credit.programme import Name, Programme, Reward
from linli.credit.quota import part_cap
from linli.credit.rows import BalanceRow, CountRow, RedemptionRow, ScoreRow
from linli.credit.standing import TOP
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId, ThingId, fingerprint
from linli.kernel.refusals import recorded, refusal_text
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import Transaction, transaction

PARTS: Final = 8
_TRIES: Final = 5


class RedeemReward(BaseModel):
    """A resident takes a reward for points."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    reward: Name
    device_id: ThingId | None = None


class Redeemed(BaseModel):
    """A reward that was taken: the coupon is the resident's."""

    id: CommandId
    reward: str
    points: int
    coupon_id: str
    redeemed_at: str


class _PartGone(Refused):
    """The part of the day's supply was taken in the meantime; try another."""


def redeem(command: RedeemReward, *, caller: Caller, now: datetime) -> Redeemed:
    """
    Spend points on a reward; sending it again answers the same, refusals included.

    Raises:
        NotFound: The caller is no resident of the community.
        UnknownKind: The programme has no such reward.
        TopTierOnly, RedemptionCap, ProgrammeCap, NotEnoughPoints: Recorded under the id.
        IdReused: The id was used for something else.
        Contended: Others were faster each time; nothing was written.
    """
    caller.require(command.community_id, Role.RESIDENT)
    digest = fingerprint(command, by=caller.subject)
    key = redemption_key(command.id)
    found = reads.batch([(RedemptionRow, *key), programme.key(command.community_id)])
    if row := found.get(RedemptionRow, *key):
        return _replay(row, digest)
    rules = programme.programme_in(found, command.community_id)
    try:
        return _redeem(command, rules, caller.subject, digest, now)
    except AlreadyDone:
        return _written(command, digest)
    except Contended:
        raise
    except Refused as refusal:
        return _refuse(command, digest, refusal)


def _redeem(
    command: RedeemReward, rules: Programme, who: str, digest: str, now: datetime
) -> Redeemed:
    reward = rules.rewards.get(command.reward)
    if reward is None:
        raise UnknownKind(kind=command.reward)
    answer = Redeemed(
        id=command.id,
        reward=command.reward,
        points=reward.price_points,
        coupon_id=coupon_id(str(command.id)),
        redeemed_at=rfc3339(now),
    )
    on = local_date(now)
    for _ in range(_TRIES):
        part = _part(command, reward, on)
        row = RedemptionRow(
            *redemption_key(command.id), fingerprint=digest, body=answer.model_dump_json()
        )
        try:
            with transaction() as tx:
                tx.put(row, condition=RedemptionRow.pk.does_not_exist(), refusal=AlreadyDone())
                _spend(tx, command, reward, who, now)
                _count(tx, command, rules, who, on)
                _take_part(tx, command, reward, part, on)
        except _PartGone:
            continue
        return answer
    raise Contended("many take this reward at the moment")


def _part(command: RedeemReward, reward: Reward, on: date) -> int:
    """A part of the day's supply that has something left, beginning at the command's own."""
    pk = quota_of(command.community_id, command.reward, on)
    taken = {row.sk: int(row.counted) for row in reads.query(CountRow, pk)}
    first = crc32(str(command.id).encode())
    for n in range(PARTS):
        part = (first + n) % PARTS
        if taken.get(part_key(part), 0) < part_cap(reward.a_day, part, PARTS):
            return part
    raise ProgrammeCap(a_day=reward.a_day)


def _spend(tx: Transaction, command: RedeemReward, reward: Reward, who: str, now: datetime) -> None:
    points = Points(reward.price_points)
    transfer = Transfer(
        str(command.id), who, points_of(who), ISSUER, points, f"redeemed:{command.reward}"
    )
    done = Done(command.community_id, device=command.device_id)
    put_transfer(tx, transfer, State.POSTED, now, done=done)
    tx.update(
        BalanceRow(person(who), POINTS),
        [BalanceRow.available_units.add(-points), BalanceRow.spent_units.add(points)],
        condition=BalanceRow.available_units >= points,
        refusal=NotEnoughPoints(),
    )
    grant_coupon(tx, who, command.reward, str(command.id), now, reward.terms)
    if reward.top_tier:
        tx.check(
            ScoreRow(*score_key(command.community_id, who)),
            condition=ScoreRow.tier == TOP,
            refusal=TopTierOnly(),
        )


def _count(tx: Transaction, command: RedeemReward, rules: Programme, who: str, on: date) -> None:
    most = rules.redemptions_a_day
    over = RedemptionCap(cap_redemptions=most)
    if not most:
        raise over
    tx.update(
        CountRow(person(who), redeemed(on)),
        [CountRow.counted.add(1), CountRow.cap.set(most)],
        condition=CountRow.counted.does_not_exist() | (CountRow.counted < most),
        refusal=over,
    )


def _take_part(tx: Transaction, command: RedeemReward, reward: Reward, part: int, on: date) -> None:
    cap = part_cap(reward.a_day, part, PARTS)
    tx.update(
        CountRow(quota_of(command.community_id, command.reward, on), part_key(part)),
        [CountRow.counted.add(1), CountRow.cap.set(cap)],
        condition=CountRow.counted.does_not_exist() | (CountRow.counted < cap),
        refusal=_PartGone(),
    )


def _replay(row: RedemptionRow, digest: str) -> Redeemed:
    if row.fingerprint != digest:
        raise IdReused
    if row.body is None:
        raise recorded(row.refusal)
    return Redeemed.model_validate_json(row.body)


def _written(command: RedeemReward, digest: str) -> Redeemed:
    row = reads.get(RedemptionRow, *redemption_key(command.id))
    if row is None:
        raise IdReused("the id is of another entry")
    return _replay(row, digest)


def _refuse(command: RedeemReward, digest: str, refusal: Refused) -> Redeemed:
    """Record `refusal` under the id and raise it, unless a resend was faster."""
    row = RedemptionRow(
        *redemption_key(command.id), fingerprint=digest, refusal=refusal_text(refusal)
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=RedemptionRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return _written(command, digest)
    raise refusal
