"""Waves: a slot's orders frozen, allocated, routed and offered; routes and their couriers."""

from linli.kernel.machines import Machine
from linli.waves.allocate import allocate
from linli.waves.changes import Closure, NotPublished, Place, Replan, ReplanView, RoutesMoved
from linli.waves.check import keep_plan
from linli.waves.cluster import cluster
from linli.waves.desk import (
    RouteOnDesk,
    give,
    note_offered,
    open_waves,
    route_on_desk,
    routes_of_courier,
    routes_of_wave,
    take_back,
    unoffered_waves,
)
from linli.waves.frame import frame_replan
from linli.waves.freeze import freeze
from linli.waves.hand_over import HandOver, HandOverView, hand_over
from linli.waves.leftovers import bring_leftovers
from linli.waves.minute import see_to_all
from linli.waves.model import Manifest, ManifestStop, NotYetVisible, RouteTaken, Superseded
from linli.waves.picks import picks_view
from linli.waves.publish import publish
from linli.waves.replan import (
    note_replan,
    replan_for,
    replan_view,
    request_replan,
)
from linli.waves.report import finish_if_done, report_delivery
from linli.waves.rush import NoEmergency, rush, rush_due, rush_for
from linli.waves.start import start, start_due
from linli.waves.steps import release
from linli.waves.stranded import resolve, see_to_stranded, stranded
from linli.waves.swap import swap_routes
from linli.waves.taking_over import take_over
from linli.waves.unload import complain, note_unloadings, unloading_view
from linli.waves.views import manifest_view, open_manifests, wave_view
from linli.waves.waiting import give_up_replan, see_to_replans

__all__ = [
    "Closure",
    "HandOver",
    "HandOverView",
    "Machine",
    "Manifest",
    "ManifestStop",
    "NoEmergency",
    "NotPublished",
    "NotYetVisible",
    "Place",
    "Replan",
    "ReplanView",
    "RouteOnDesk",
    "RouteTaken",
    "RoutesMoved",
    "Superseded",
    "allocate",
    "bring_leftovers",
    "cluster",
    "complain",
    "finish_if_done",
    "frame_replan",
    "freeze",
    "give",
    "give_up_replan",
    "hand_over",
    "keep_plan",
    "manifest_view",
    "note_offered",
    "note_replan",
    "note_unloadings",
    "open_manifests",
    "open_waves",
    "picks_view",
    "publish",
    "release",
    "replan_for",
    "replan_view",
    "report_delivery",
    "request_replan",
    "resolve",
    "route_on_desk",
    "routes_of_courier",
    "routes_of_wave",
    "rush",
    "rush_due",
    "rush_for",
    "see_to_all",
    "see_to_replans",
    "see_to_stranded",
    "start",
    "start_due",
    "stranded",
    "swap_routes",
    "take_back",
    "take_over",
    "unloading_view",
    "unoffered_waves",
    "wave_view",
]
