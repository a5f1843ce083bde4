"""Seeded defects: one line of the product spoilt at a time, which the simulation must notice."""

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` becomes `new` in the source of `module`; `flow` must show it within `seeds` seeds."""

    name: str
    flow: str
    module: str
    old: str
    new: str
    seeds: int = 40


@contextmanager
def applied(mutant: Mutant) -> Iterator[None]:
    """
    The product with this defect: the functions of its module get the code of the spoilt source,
    wherever they have been imported to, and get their own back.
    """
    module = importlib.import_module(mutant.module)
    source = inspect.getsource(module)
    assert source.count(mutant.old) == 1, f"{mutant.name}: the source has changed"
    spoilt = _codes(compile(source.replace(mutant.old, mutant.new), mutant.name, "exec"))
    kept = {function: function.__code__ for function in _functions(module)}
    try:
        for function in kept:
            function.__code__ = spoilt[function.__qualname__]
        yield
    finally:
        for function, code in kept.items():
            function.__code__ = code


def _functions(module: ModuleType) -> list[FunctionType]:
    """The module's own functions and methods."""
    found: list[Any] = list(vars(module).values())
    found += [member for each in found if inspect.isclass(each) for member in vars(each).values()]
    plain = [inspect.unwrap(each) for each in found if callable(each)]
    return [
        each
        for each in plain
        if isinstance(each, FunctionType)
        and each.__module__ == module.__name__
        and each.__code__.co_filename == inspect.getfile(module)
    ]


def _codes(outer: CodeType) -> dict[str, CodeType]:
    """Every code object below `outer` by its qualified name."""
    found = {}
    for constant in outer.co_consts:
        if isinstance(constant, CodeType):
            found[constant.co_qualname] = constant
            found |= _codes(constant)
    return found


MUTANTS = (
    Mutant(
        "an order is put without must-not-exist",
        "queueing",
        "linli.orders.place",
        """            row_of(order, digest, now),
            condition=OrderRow.pk.does_not_exist(),
            refusal=AlreadyDone(),
""",
        """            row_of(order, digest, now),
""",
    ),
    Mutant(
        "a refusal is not recorded",
        "queueing",
        "linli.orders.place",
        "            tx.put(row, condition=OrderRow.pk.does_not_exist(), refusal=AlreadyDone())",
        "            assert tx",
    ),
    Mutant(
        "a refusal overrules an order that a resend got through",
        "queueing",
        "linli.orders.place",
        "            tx.put(row, condition=OrderRow.pk.does_not_exist(), refusal=AlreadyDone())",
        "            tx.put(row)",
        seeds=150,
    ),
    Mutant(
        "units are promised whether they are there or not",
        "selling",
        "linli.stock.change",
        "(LevelRow.atp_units >= take.least_units) & same_terms",
        "LevelRow.pk.exists()",
    ),
    Mutant(
        "goods that are promised are written off",
        "selling",
        "linli.stock.items",
        "    if seen.atp_units < units:\n        raise refusal\n",
        "    if seen.atp_units < units:\n        return [Take(0, units, 0)]\n",
    ),
    Mutant(
        "a move is booked again when its answer was lost",
        "selling",
        "linli.stock.once",
        "tx.put(row, condition=DoneRow.pk.does_not_exist(), refusal=AlreadyDone())\n        write",
        "tx.put(row)\n        write",
    ),
    Mutant(
        "an order is turned whoever has turned it since it was read",
        "queueing",
        "linli.orders.turn",
        "        condition=seen,\n        refusal=MovedOn(),\n",
        "",
    ),
    Mutant(
        "a cancelled order keeps its place in the slot",
        "selling",
        "linli.orders.cancel",
        "    slots.give_back(tx, order.slot_id)\n",
        "",
    ),
    Mutant(
        "a slot takes more than it holds",
        "selling",
        "linli.slots.change",
        "[SlotRow.taken_orders.add(1)],\n"
        '        condition=(SlotRow.state == "open") & '
        "(SlotRow.taken_orders < SlotRow.capacity_orders)",
        '[SlotRow.taken_orders.add(1)],\n        condition=SlotRow.state == "open"',
    ),
    Mutant(
        "a closed slot still takes orders",
        "freezing",
        "linli.slots.change",
        "[SlotRow.taken_orders.add(1)],\n"
        '        condition=(SlotRow.state == "open") & '
        "(SlotRow.taken_orders < SlotRow.capacity_orders)",
        "[SlotRow.taken_orders.add(1)],\n"
        "        condition=SlotRow.taken_orders < SlotRow.capacity_orders",
        seeds=150,
    ),
    Mutant(
        "a wave does not wait for a late index",
        "freezing",
        "linli.waves.freeze",
        "if len(found) != taken:",
        "if False:",
    ),
    Mutant(
        "a stop ends twice",
        "ending",
        "linli.orders.turn",
        "        condition=seen,\n        refusal=MovedOn(),\n",
        "",
    ),
    Mutant(
        "a delivery is not recorded",
        "ending",
        "linli.orders.turn",
        "            tx.put(row, condition=type(row).pk.does_not_exist(), refusal=AlreadyDone())\n",
        "            assert row.pk\n",
    ),
    Mutant(
        "a resent delivery that was overtaken is taken for a stranger's",
        "ending",
        "linli.orders.turn",
        "    told = row is not None and _told_before(row, found.get(type(row), row.pk, row.sk))\n",
        "    told = False\n",
    ),
    Mutant(
        "a failed delivery sells",
        "selling",
        "linli.orders.serve",
        "        stock.release(tx, source)\n",
        "        stock.sell(tx, source, stock.Sale(order.order_id, by, now))\n",
    ),
    Mutant(
        "points are spent that nobody has",
        "spending",
        "linli.credit.hold",
        """        condition=BalanceRow.available_units >= points,
        refusal=NotEnoughPoints(),
""",
        "",
    ),
    Mutant(
        "the day's cap is not enforced",
        "spending",
        "linli.credit.hold",
        "        condition=DayRow.points.does_not_exist() | "
        "(DayRow.points <= cap_points - points),\n",
        "",
    ),
    Mutant(
        "a transfer is settled twice",
        "spending",
        "linli.credit.settle",
        """        condition=TransferRow.state == State.PENDING.value,
        refusal=TransferSettled(),
""",
        "",
    ),
    Mutant(
        "a transfer is made twice",
        "spending",
        "linli.credit.hold",
        "tx.put(row, condition=TransferRow.pk.does_not_exist(), refusal=refusal or AlreadyDone())",
        "tx.put(row)",
    ),
    Mutant(
        "a cancelled order keeps its points",
        "spending",
        "linli.orders.cancel",
        "    hold.void(tx, order, now)\n",
        "    assert hold\n",
    ),
    Mutant(
        "a box changes hands whoever has it",
        "lending",
        "linli.boxes.rows",
        "    tx.put(row_of(after, due_at), condition=condition, refusal=BoxMoved())",
        "    tx.put(row_of(after, due_at))",
    ),
    Mutant(
        "a box that is back is taken back again",
        "lending",
        "linli.boxes.rules",
        """    if not box.is_out:
        raise BoxNotOut
""",
        "",
    ),
    Mutant(
        "a resent return is taken for another",
        "lending",
        "linli.boxes.change_hands",
        "    if done := found.get(ReturnRow, return_key(command.id), RETURN):",
        "    if False:",
    ),
    Mutant(
        "a deposit of another's box is refunded to who returns it",
        "lending",
        "linli.boxes.bring",
        "    refund_fen = deposits.give_back(tx, boxes, source_id",
        "    boxes = [b.model_copy(update={'holder_id': home.returner_id}) for b in boxes]\n"
        "    refund_fen = deposits.give_back(tx, boxes, source_id",
    ),
    Mutant(
        "a conflict with another write counts as written",
        "selling",
        "linli.kernel.transact",
        "            ceiling = min(",
        "            return\n            ceiling = min(",
    ),
)
