"""Which way a box may go: pure rules over a box as it stands."""

from collections.abc import Mapping
from typing import Final

from linli.boxes.model import Box, BoxNotInStore, BoxNotOut, Custodian, RetiredBox

_K = Custodian

EDGES: Final[Mapping[Custodian, frozenset[Custodian]]] = {
    _K.STORE: frozenset({_K.ORDER, _K.COURIER, _K.RESIDENT, _K.WASHING, _K.LOST, _K.RETIRED}),
    _K.ORDER: frozenset({_K.STORE, _K.COURIER, _K.RESIDENT, _K.LOST}),
    _K.COURIER: frozenset({_K.STORE, _K.STATION, _K.RESIDENT, _K.LOST}),
    _K.RESIDENT: frozenset({_K.STORE, _K.STATION, _K.COURIER, _K.LOST}),
    _K.STATION: frozenset({_K.STORE, _K.COURIER, _K.WASHING, _K.LOST, _K.RETIRED}),
    _K.WASHING: frozenset({_K.STORE, _K.LOST, _K.RETIRED}),
    _K.LOST: frozenset({_K.STORE, _K.STATION, _K.WASHING, _K.RETIRED}),
    _K.RETIRED: frozenset(),
}
"""From whom a box may go to whom. Nothing leads back from `retired`; what is lost may be found."""


def may_go(from_: Custodian, to: Custodian) -> bool:
    """Whether a box may go from one kind of custodian to another."""
    return to in EDGES[from_]


def hand_over(box: Box, resident_id: str, deposit_transfer_id: str | None, deposit_fen: int) -> Box:
    """
    The box once a resident has it: a new cycle begins, with its one deposit.

    Raises:
        RetiredBox: It is out of use.
        BoxNotInStore: It is with somebody else, perhaps with a resident already.
    """
    if box.custodian is Custodian.RETIRED:
        raise RetiredBox
    if box.custodian is not Custodian.STORE:
        raise BoxNotInStore
    assert box.holder_id is None, "a box in a store carries no deposit"
    return box.model_copy(
        update={
            "custodian": Custodian.RESIDENT,
            "custodian_id": resident_id,
            "cycle": box.cycle + 1,
            "version": box.version + 1,
            "holder_id": resident_id,
            "deposit_transfer_id": deposit_transfer_id if deposit_fen else None,
            "deposit_fen": deposit_fen,
        }
    )


def take_back(box: Box, store_id: str) -> Box:
    """
    The box once it is back in a store, its cycle ended and free of a deposit.

    Raises:
        RetiredBox: It is out of use.
        BoxNotOut: No resident has it.
    """
    if box.custodian is Custodian.RETIRED:
        raise RetiredBox
    if box.custodian is not Custodian.RESIDENT:
        raise BoxNotOut
    return box.model_copy(
        update={
            "custodian": Custodian.STORE,
            "custodian_id": store_id,
            "version": box.version + 1,
            "holder_id": None,
            "deposit_transfer_id": None,
            "deposit_fen": 0,
        }
    )
