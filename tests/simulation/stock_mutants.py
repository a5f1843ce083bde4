"""Seeded defects of the stores' own moves, which the flow `moving` must notice."""

from tests.simulation.mutants import Mutant

_EXISTS = "LevelRow.pk.exists()"

STOCK_MUTANTS = (
    Mutant(
        "the till sells what is promised",
        "moving",
        "linli.stock.items",
        "condition: Condition = LevelRow.atp_units >= take.least_units",
        f"condition: Condition = {_EXISTS}",
    ),
    Mutant(
        "a sale at the till leaves no move",
        "moving",
        "linli.stock.change",
        "    note(tx, seen.store_id, seen.sku, -units, why)\n",
        "",
    ),
    Mutant(
        "a delivery sells without a move",
        "selling",
        "linli.stock.change",
        "    note(tx, source.store_id, source.sku, -source.units, why)\n\n\ndef lose",
        "\n\ndef lose",
    ),
    Mutant(
        "demand is remembered of more than was sold",
        "moving",
        "linli.protection.till",
        "[hour(at.astimezone(ZONE).hour).add(units)]",
        "[hour(at.astimezone(ZONE).hour).add(units + 1)]",
    ),
    Mutant(
        "a transfer is shipped whatever became of it",
        "moving",
        "linli.stock.transfer",
        "    if state not in (None, row.state):\n",
        "    if False:\n",
    ),
    Mutant(
        "a transfer arrives twice",
        "moving",
        "linli.stock.transfer",
        '        condition=TransferRow.state == "shipped",\n        refusal=ShelfMoved(),\n',
        "",
    ),
    Mutant(
        "what has arrived is still on its way",
        "moving",
        "linli.stock.transfer",
        "lots, why, inbound_units=shipped)",
        "lots, why)",
    ),
    Mutant(
        "lots do not travel",
        "moving",
        "linli.stock.booking",
        "    by_date: list[Action] = [dated(lot.expires_on).add(lot.units) for",
        "    by_date: list[Action] = [dated(lot.expires_on).add(0) for",
    ),
    Mutant(
        "a stocktake is decided twice",
        "moving",
        "linli.stock.stocktake",
        '        condition=StocktakeRow.state == "waiting",\n        refusal=AlreadyDone(),\n',
        "",
    ),
    Mutant(
        "the sweeper writes off what was sold meanwhile",
        "moving",
        "linli.stock.sweep",
        "condition=same_terms, as_seen=True)",
        f"condition={_EXISTS})",
    ),
)
