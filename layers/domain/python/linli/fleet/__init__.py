"""Couriers: who could ride, with what papers, from where and when."""

from linli.fleet.documents import (
    Document,
    DocumentKind,
    DocumentList,
    HandedInAgain,
    JudgeDocument,
    PutDocument,
    documents,
    hand_in,
    judge,
    missing,
)
from linli.fleet.model import (
    Courier,
    CourierList,
    DeclaredShift,
    DeclareShift,
    EndShift,
    PutCourier,
    Shift,
    Skill,
)
from linli.fleet.register import courier, couriers, put_courier
from linli.fleet.shifts import available, declare, end, hours_on, riding_on

__all__ = [
    "Courier",
    "CourierList",
    "DeclareShift",
    "DeclaredShift",
    "Document",
    "DocumentKind",
    "DocumentList",
    "EndShift",
    "HandedInAgain",
    "JudgeDocument",
    "PutCourier",
    "PutDocument",
    "Shift",
    "Skill",
    "available",
    "courier",
    "couriers",
    "declare",
    "documents",
    "end",
    "hand_in",
    "hours_on",
    "judge",
    "missing",
    "put_courier",
    "riding_on",
]
