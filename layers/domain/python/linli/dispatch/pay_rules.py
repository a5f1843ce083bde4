"""
A community's pay of couriers: rules, each valid from a day on, told at least a week before.

The rule of a route is that of the day on which it departs. No route is out a week before, and a
rule that is nearer than that is never changed: so neither what was earned nor what was offered is
ever priced anew.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from linli.dispatch.pay import DEFAULT, PayRule
from linli.dispatch.rows import BodyRow, pay_key
from linli.kernel import reads
from linli.kernel.errors import Conflict
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommunityId
from linli.kernel.time import ZONE
from linli.kernel.transact import transaction
from linli.waves import RouteOnDesk

NOTICE: Final = timedelta(days=7)
"""Couriers know a week before what a day's riding will earn."""


class TooShortNotice(Conflict):
    """The day is not a week away: routes of it may be out, or couriers have planned with it."""

    code = "too_short_notice"
    title_en = "A pay rule is told at least seven days before"
    title_zh = "计酬规则须至少提前七天公布"


class PutPayRule(PayRule):
    """What riding in a community earns from a day on, in fen."""

    community_id: CommunityId


class DatedPayRule(PayRule):
    """A rule, and the first local day of it; null: since ever, until a community sets its own."""

    model_config = ConfigDict(frozen=True)

    from_on: date | None = None


class PayRules(BaseModel):
    """The rules of a community, the earliest first: the last that has begun is the present one."""

    community_id: CommunityId
    rules: list[DatedPayRule]


def put_pay_rule(from_on: date, command: PutPayRule, caller: Caller, now: datetime) -> PayRules:
    """
    Let a rule hold from a day on; the same again changes nothing.

    Raises:
        NotFound: The caller does not run that community.
        TooShortNotice: The day is less than a week away.
    """
    caller.require(command.community_id, Role.CITY)
    rule = PayRule(**command.model_dump(exclude={"community_id"}))
    known = rules_of(command.community_id)
    if DatedPayRule(from_on=from_on, **rule.model_dump()) not in known:
        if from_on < now.astimezone(ZONE).date() + NOTICE:
            raise TooShortNotice
        with transaction() as tx:
            tx.put(
                BodyRow(
                    pay_key(command.community_id),
                    from_on.isoformat(),
                    body=rule.model_dump_json(),
                )
            )
    return pay_rules(command.community_id)


def pay_rules(community_id: str) -> PayRules:
    """Every rule that the community has, had, or will have."""
    return PayRules(community_id=community_id, rules=rules_of(community_id))


def rules_of(community_id: str) -> list[DatedPayRule]:
    """The community's rules, the earliest first; the default one is always the first."""
    rows = reads.query(BodyRow, pay_key(community_id))
    own = [
        DatedPayRule(
            from_on=date.fromisoformat(row.sk),
            **PayRule.model_validate_json(row.body).model_dump(),
        )
        for row in rows
    ]
    return [DatedPayRule(**DEFAULT.model_dump()), *own]


def rule_on(rules: Sequence[DatedPayRule], on: date) -> DatedPayRule:
    """The rule of a day. Pure."""
    return rules[bisect_right(rules, on, key=lambda each: each.from_on or date.min) - 1]


def rule_for(route: RouteOnDesk, rules: Sequence[DatedPayRule]) -> DatedPayRule:
    """Of the community's rules, the one that the route is paid by. Pure."""
    return rule_on(rules, route.depart_at.astimezone(ZONE).date())
