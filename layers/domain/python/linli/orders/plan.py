"""Planning an order: what to read for it, and the decision on what was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from linli import catalogue, credit, leaders, lockers, slots, stock
from linli.catalogue import Community
from linli.credit import Coupon
from linli.kernel import reads
from linli.kernel.errors import Refused
from linli.kernel.settings import Settings
from linli.kernel.time import local_date
from linli.kernel.transact import Transaction
from linli.leaders import Attribution
from linli.lockers import Locker
from linli.orders import consent, rules
from linli.orders.address import AddressIn
from linli.orders.hold import Purse
from linli.orders.model import LineIn, Order, PlaceOrder
from linli.orders.rules import Decision
from linli.stock import Pool


class Moved(Refused):
    """The snapshot was stale; plan again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A wish, where it may be supplied from, and the order that it changes, if it does."""

    command: PlaceOrder
    resident_id: str
    community: Community
    pool: Pool
    kept: Order | None = None
    attributed: bool = False
    lockers: tuple[Locker, ...] = ()

    def keys(self, now: datetime) -> list[reads.Key]:
        """What a batch must read for it."""
        command = self.command
        keys = [slots.slot_key(command.slot_id)]
        keys += [catalogue.product_key(sku) for sku in command.wanted]
        keys += stock.level_keys(self.pool, command.wanted)
        if command.spend_points:
            on = local_date(now)
            keys += credit.order_keys(self.resident_id, on)
            keys += credit.quota_keys(command.community_id, on)
        if self.kept is None:
            keys += credit.coupon_keys(self.resident_id, command.coupons)
        if self.attributed:
            keys.append(leaders.membership_key(self.resident_id))
        keys += lockers.usage_keys(self.lockers, command.slot_id)
        if command.for_resident:
            keys.append(consent.key(command.for_resident))
        return keys

    def decide(self, found: reads.Found, now: datetime, settings: Settings) -> Decision:
        """
        What to write, if `found` is still true.

        Raises:
            NoConsent: See `consent.check`.
            Refused: See `rules.decide`.
        """
        command = self.command
        if command.for_resident and self.kept is None:
            who = command.community_id, self.resident_id
            consent.check(found, command.for_resident, *who, now)
        coupons = () if self.kept else self._coupons(found)
        snapshot = rules.Snapshot(
            pool=self.pool.stores,
            levels=stock.levels_in(found, self.pool, command.wanted),
            products=catalogue.products_in(found, list(command.wanted)),
            slot=slots.slot_in(found, command.slot_id),
            community=self.community,
            kept=self.kept,
            lockers=self.lockers,
            compartments=lockers.usage_in(found, self.lockers, command.slot_id),
            coupons=coupons,
            attribution=self._attribution(found),
        )
        who_pays = self.resident_id
        return rules.decide(command, snapshot, resident_id=who_pays, now=now, settings=settings)

    def _coupons(self, found: reads.Found) -> Sequence[Coupon]:
        """The coupons that the order would use; all are the payer's."""
        return credit.coupons_in(found, self.resident_id, self.command.coupons)

    def _attribution(self, found: reads.Found) -> Attribution | None:
        """To whom the order counts, if its resident has joined a leader."""
        if not self.attributed:
            return None
        return leaders.leader_in(found, self.resident_id, self.command.community_id)

    def credit(self, found: reads.Found, now: datetime) -> Purse | None:
        """What may be spent in points, if the order spends any."""
        if not self.command.spend_points:
            return None
        on = local_date(now)
        view = credit.view(found, self.resident_id, on)
        return Purse(view, credit.quota_in(found, self.command.community_id, on))

    def take_locker(self, tx: Transaction, order: Order) -> None:
        """
        Take the order's compartment and give back the one that it had, if it is another; `tx`
        fails with `Moved` if somebody else has it by now.
        """
        had = self.kept.locker if self.kept and self.kept.state == "placed" else None
        if order.locker == had:
            return
        if had is not None:
            lockers.give_back(tx, order.community_id, had)
        if order.locker is not None:
            lockers.take(tx, order.community_id, order.locker, self.lockers, Moved())

    def check_consent(self, tx: Transaction) -> None:
        """Let `tx` fail with `Moved` if the consent was revoked since it was read."""
        if self.command.for_resident:
            consent.hold(tx, self.command.for_resident, Moved())


def plan_for(
    command: PlaceOrder,
    resident_id: str,
    settings: Settings,
    kept: Order | None = None,
    *,
    attributed: bool = False,
) -> Plan:
    """The plan of a wish; of `kept`, if it is to change. `attributed`: it may be a leader's."""
    community = catalogue.community(command.community_id, settings.pool_metres)
    pool = stock.pool_for(command.deliver_to.point, command.wanted, community)
    there = command.channel == "locker"
    found = tuple(lockers.lockers_of(command.community_id)) if there else ()
    return Plan(command, resident_id, community, pool, kept, attributed, found)


def wish_of(order: Order, lines: tuple[LineIn, ...] | None = None) -> PlaceOrder:
    """The wish that an order came from, with other `lines` if they are given."""
    to = order.deliver_to
    return PlaceOrder.model_validate(
        {
            "id": order.order_id,
            "community_id": order.community_id,
            "deliver_to": AddressIn(**to.model_dump()),
            "lines": lines
            or tuple(
                LineIn(sku=line.sku, units=line.units, substitute=line.substitute)
                for line in order.lines
            ),
            "slot_id": order.slot_id,
            "boxes": order.boxes,
            "spend_points": order.points,
            "coupons": tuple(use.coupon_id for use in order.coupons),
            "emergency": order.emergency,
            "quiet": order.quiet,
            "pay": order.pay,
            "store_id": order.store_ids[0] if order.channel == "pickup" else None,
            "locker_id": order.locker.locker_id if order.locker else None,
            "for_resident": order.for_resident,
        }
    )
