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
    Mutant(
        "a shard promises what it has not",
        "crowding",
        "linli.stock.change",
        "(LevelRow.atp_units >= take.least_units) & same_terms",
        "same_terms",
    ),
    Mutant(
        "units are held at an item and released at another",
        "crowding",
        "linli.stock.change",
        "    return shard_row(source.store_id, source.sku, source.shard)\n",
        "    return shard_row(source.store_id, source.sku, 0)\n",
    ),
    Mutant(
        "all shards together give what one of them has not any more",
        "crowding",
        "linli.stock.shards",
        "        Take(n, has - then, has) for n, (has, then) in",
        "        Take(n, has - then, 0) for n, (has, then) in",
    ),
    Mutant(
        "an item that counts held units is joined",
        "crowding",
        "linli.stock.split",
        "    return max([shards, *holding])\n",
        "    return max([shards, *holding[:0]])\n",
    ),
    Mutant(
        "what a joined item has sold is forgotten",
        "crowding",
        "linli.stock.split",
        "LevelRow.sold_units.add(sum(shard.sold_units for shard in gone))",
        "LevelRow.sold_units.add(0)",
    ),
    Mutant(
        "a shelf is split on what was seen of it",
        "crowding",
        "linli.stock.split",
        "        & (LevelRow.atp_units >= seen.split[0]),\n",
        ",\n",
    ),
    Mutant(
        "goods come in on new terms that its items do not know",
        "crowding",
        "linli.stock.items",
        "    for n in range(len(seen.split)):\n        take = given",
        "    for n in range(1):\n        take = given",
    ),
)
