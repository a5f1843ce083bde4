"""Working when the weather or the network does not: warnings, reserve, paper, reconciliation."""

from linli.resilience.ending import close, hold, request_end
from linli.resilience.engage import disengage, engage, free_vehicles
from linli.resilience.hot import is_hot
from linli.resilience.model import (
    EmergencyView,
    EndEmergency,
    PackList,
    PutReserveVehicle,
    Reconcile,
    ReconciliationView,
    ReserveVehicle,
    Warn,
    WarningView,
)
from linli.resilience.packs import pack, packs_of
from linli.resilience.reconcile import reconcile
from linli.resilience.reserve import activate, put_vehicle
from linli.resilience.view import emergency
from linli.resilience.warn import warn

__all__ = [
    "EmergencyView",
    "EndEmergency",
    "PackList",
    "PutReserveVehicle",
    "Reconcile",
    "ReconciliationView",
    "ReserveVehicle",
    "Warn",
    "WarningView",
    "activate",
    "close",
    "disengage",
    "emergency",
    "engage",
    "free_vehicles",
    "hold",
    "is_hot",
    "pack",
    "packs_of",
    "put_vehicle",
    "reconcile",
    "request_end",
    "warn",
]
