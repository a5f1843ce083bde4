"""Offline packs: the manifests of open routes for paper, while there still is a network."""

import zlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.transact import transaction
from linli.orders import Address
from linli.orders import Line as OrderLine
from linli.resilience.find import find
from linli.resilience.model import Pack, PackLine, PackStop
from linli.resilience.rows import PACK, BodyRow, emergency_key


class Stop(Protocol):
    """An order still to be handed over."""

    @property
    def order_id(self) -> str: ...
    @property
    def address(self) -> Address: ...
    @property
    def boxes(self) -> int: ...
    @property
    def lines(self) -> Sequence[OrderLine]: ...


class Manifest(Protocol):
    """The stops of a route that are still to be made, in their order."""

    @property
    def route_id(self) -> str: ...
    @property
    def courier_id(self) -> str | None: ...
    @property
    def stops(self) -> Sequence[Stop]: ...


Manifests = Callable[[str], Sequence[Manifest]]
"""The open manifests of a community."""


def pack(emergency_id: str, manifests: Manifests, now: datetime) -> int:
    """
    Make a pack of every open route of the emergency's community; answers how many there are.

    A pack once made stands as printed: running this again only adds routes that had none.

    Raises:
        NotFound: There is no such emergency.
    """
    row = find(emergency_id)
    for manifest in manifests(row.community_id):
        if manifest.stops:
            _put(emergency_id, _pack(manifest, now))
    return len(packs_of(emergency_id))


def packs_of(emergency_id: str) -> list[Pack]:
    """The packs of an emergency, by route."""
    pk = emergency_key(emergency_id)
    rows = reads.query(BodyRow, pk, BodyRow.sk.startswith(PACK))
    return [Pack.model_validate_json(row.body) for row in rows]


def qr_text(route_id: str, stop: Stop) -> str:
    """
    What a stop's QR code holds: version, route, order, boxes, and a CRC-32 against misreading.

    It holds no address and no signature: it saves typing, it proves nothing.
    """
    body = f"LINLI1|{route_id}|{stop.order_id}|{stop.boxes}"
    return f"{body}|{zlib.crc32(body.encode()):08x}"


def _pack(manifest: Manifest, now: datetime) -> Pack:
    stops = tuple(
        PackStop(
            order_id=stop.order_id,
            address=stop.address,
            boxes=stop.boxes,
            lines=tuple(PackLine(sku=line.sku, units=line.units) for line in stop.lines),
            qr=qr_text(manifest.route_id, stop),
        )
        for stop in manifest.stops
    )
    return Pack(
        route_id=manifest.route_id, courier_id=manifest.courier_id, packed_at=now, stops=stops
    )


def _put(emergency_id: str, made: Pack) -> None:
    row = BodyRow(
        emergency_key(emergency_id), f"{PACK}{made.route_id}", body=made.model_dump_json()
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=BodyRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return  # Printed by an earlier run of this step; paper can't be taken back.
