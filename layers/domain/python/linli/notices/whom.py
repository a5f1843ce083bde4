"""Whom an event concerns: asked of the subject that it is about, for events name nobody."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from linli import boxes, cases, payments
from linli.notices.kinds import Subject

Told = tuple[str, dict[str, str]]
"""Whom it concerns, and what the words may name."""
Data = Mapping[str, Any]


def _of_order(data: Data) -> Told | None:
    who = payments.payer(data["order_id"])
    return (who and (who, {"order_id": data["order_id"], "fen": str(data["fen"])})) or None


def _of_case(data: Data) -> Told | None:
    who = cases.party_of(data["case_id"])
    return (who and (who, {"case_id": data["case_id"]})) or None


WHOM: Final[Mapping[Subject, Callable[[Data], Told | None]]] = {
    "box": lambda data: boxes.of_box(data["box_id"], int(data["cycle"])),
    "holder": lambda data: boxes.of_holder(data["box_id"], int(data["cycle"])),
    "empties": lambda data: boxes.of_empties(data["request_id"]),
    "order": _of_order,
    "case": _of_case,
}
"""By the subject of a kind; who changed tier stands in the ledger's own record."""
