"""Counting an order once, however often the stream tells of it."""

from linli.heat.rows import CountedRow, HeatRow, SalesRow, heat_key, sales_key
from linli.heat.rules import cell_of
from linli.kernel.errors import AlreadyDone
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.orders.told import Told
from linli.stock import hours


def count(told: Told) -> bool:
    """Count what was told, exactly once; False: it was counted before."""
    done = CountedRow(f"COUNTED#{told.order_id}", told.what, at=rfc3339(told.at))
    try:
        with transaction() as tx:
            tx.put(done, condition=CountedRow.pk.does_not_exist(), refusal=AlreadyDone())
            if told.what == "placed":
                _placed(tx, told)
            else:
                _sold(tx, told)
    except AlreadyDone:
        return False
    return True


def _placed(tx: Transaction, told: Told) -> None:
    spot = f"{cell_of(told.lon, told.lat)}#{hours.hour_of_week(told.at):03d}"
    tx.update(HeatRow(heat_key(told.community_id), spot), [HeatRow.orders.add(1)])


def _sold(tx: Transaction, told: Told) -> None:
    day = SalesRow(sales_key(told.community_id), local_date(told.at).isoformat())
    units, fen = (told.units, told.goods_fen) if told.presale else (0, 0)
    tx.update(
        day,
        [
            SalesRow.units.add(told.units),
            SalesRow.fen.add(told.goods_fen),
            SalesRow.presale_units.add(units),
            SalesRow.presale_fen.add(fen),
        ],
    )
