"""Waves: a slot's orders frozen, allocated, routed and offered; routes and their couriers."""

from linli.kernel.machines import Machine
from linli.waves.accept import accept
from linli.waves.allocate import allocate
from linli.waves.check import keep_plan
from linli.waves.freeze import freeze
from linli.waves.hand_over import HandOver, HandOverView, hand_over
from linli.waves.model import Manifest, ManifestStop, NotYetVisible, RouteTaken, Superseded
from linli.waves.publish import publish
from linli.waves.report import finish_if_done, report_delivery
from linli.waves.start import start, start_due
from linli.waves.steps import release
from linli.waves.views import manifest_view, offer, offers, open_manifests, wave_view

__all__ = [
    "HandOver",
    "HandOverView",
    "Machine",
    "Manifest",
    "ManifestStop",
    "NotYetVisible",
    "RouteTaken",
    "Superseded",
    "accept",
    "allocate",
    "finish_if_done",
    "freeze",
    "hand_over",
    "keep_plan",
    "manifest_view",
    "offer",
    "offers",
    "open_manifests",
    "publish",
    "release",
    "report_delivery",
    "start",
    "start_due",
    "wave_view",
]
