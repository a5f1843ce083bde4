"""Boxes that residents give back at their doors, as stops of a wave."""

from collections.abc import Sequence

from linli import boxes
from linli.boxes import EmptiesRequest
from linli.kernel.geography import Point
from linli.kernel.transact import Transaction, transaction
from linli.routing.model import Window
from linli.routing.rules import Doorstep, StoreSite
from linli.waves.steps import write_all

EMPTIES = "empties"
"""The kind of such a visit; its place is the request's id."""
PREFIX = "empties:"
BOX_GRAMS = 600
"""An empty shared box (assumption: 400 × 300 × 235 mm of polypropylene weigh some 600 g)."""
PENALTY_FEN = 500
"""What leaving one out counts for: less than any order, more than a short detour."""


def attach(wave_id: str, requests: Sequence[EmptiesRequest]) -> list[str]:
    """Give the requests to the wave; answers those that it has, for some may be withdrawn."""
    attached = []
    for request in requests:
        try:
            write_all([request], 1, lambda tx, each: _attach(tx, each, wave_id))
        except boxes.EmptiesGone:
            continue
        attached.append(request.request_id)
    return attached


def release(request_ids: Sequence[str]) -> None:
    """Let requests that no route serves wait for another wave; again changes nothing."""
    for request_id in request_ids:
        try:
            with transaction() as tx:
                boxes.release_empties(tx, request_id)
        except boxes.EmptiesGone:  # It was released before, or has ended.
            continue


def _attach(tx: Transaction, request: EmptiesRequest, wave_id: str) -> None:
    boxes.attach_empties(tx, request.request_id, wave_id)


def doorstep(request: EmptiesRequest, sites: Sequence[StoreSite], window: Window) -> Doorstep:
    """The request as a stop; what is taken goes to the nearest of the wave's stores."""
    nearest = min(sites, key=lambda site: (site.at.metres_to(request.point), site.id))
    return Doorstep(
        order_id=f"{PREFIX}{request.request_id}",
        at=request.point,
        floor=request.floor,
        has_lift=request.has_lift,
        parts={},
        window=window,
        penalty_fen=PENALTY_FEN,
        returns={nearest.id: (BOX_GRAMS * request.box_count, request.box_count)},
    )


def nearest_cluster(request: EmptiesRequest, centres: Sequence[Point]) -> int:
    """The number of the cluster that a request is nearest to."""
    return min(range(len(centres)), key=lambda n: (centres[n].metres_to(request.point), n))


def is_empties(stop_id: str) -> bool:
    """Whether a stop is no order's but a request's."""
    return stop_id.startswith(PREFIX)


def request_id_of(stop_id: str) -> str:
    """The request of a stop."""
    return stop_id.removeprefix(PREFIX)
