"""Couriers: who could ride, with what, from where and when."""

from linli.fleet.model import Courier, PutCourier, Shift
from linli.fleet.register import courier, couriers, put_courier

__all__ = ["Courier", "PutCourier", "Shift", "courier", "couriers", "put_courier"]
