"""Pictures of proofs, from the key to the dispatcher's eye, over the emulator's own S3."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from linli import dispatch, orders, waves
from linli.dispatch import AskPicture, PictureAsked, TellActions
from linli.dispatch.proofs import MOST_BYTES, MOST_PICTURES, PROOF_KEPT, TooManyPictures
from linli.kernel import door
from linli.kernel.errors import IdReused, NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.kernel.pictures import BucketOfPictures
from linli.orders.collect import MOST_TRIES, WrongCode, check_door_code
from tests.support import community as here
from tests.support import dispatching
from tests.support.bucket import bucket, send
from tests.support.community import AFTER, COMMUNITY, DISPATCHER
from tests.support.engine import Engine, engine
from tests.support.http import Answer, _handler, golden
from tests.support.http import send as knock
from tests.support.riding import ANNA, BELA, ROUTE, furnish_ridden_route

PICTURE = b"\xff\xd8 a doorstep"


@pytest.fixture
def db() -> Iterator[Engine]:
    """Anna holds the one route of a wave with three doors, and has everything aboard."""
    with engine() as opened:
        furnish_ridden_route(opened, doors=3)
        yield opened


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[BucketOfPictures]:
    """An empty bucket, which the doors know; their clock says `AFTER`."""
    (tmp_path / "clock").write_text(str(int(AFTER.timestamp() - time.time())))
    monkeypatch.setenv("CLOCK_FILE", str(tmp_path / "clock"))
    with bucket(monkeypatch) as opened:
        door.settings.cache_clear()
        _handler("routes").pictures.cache_clear()
        yield opened
    door.settings.cache_clear()
    _handler("routes").pictures.cache_clear()


def doors() -> list[str]:
    return list(waves.route_on_desk(ROUTE).order_ids)


def asking(order_id: str, kind: str = "photo", **more: Any) -> AskPicture:
    body = {"id": uuid7(), "order_id": order_id, "kind": kind, "content_type": "image/jpeg"}
    return AskPicture.model_validate({**body, "size_bytes": len(PICTURE), **more})


def ask(command: AskPicture, pictures: BucketOfPictures, who: Any = ANNA) -> PictureAsked:
    return dispatch.ask_picture(waves.route_on_desk(ROUTE), command, who, pictures, AFTER)


def deliver(order_id: str, proof: dict[str, str], who: Any = ANNA) -> tuple[str, str | None]:
    action = {"id": uuid7(), "seq": deliver_seq(), "at": AFTER, "kind": "delivered"}
    body = {"community_id": COMMUNITY, "device": "phone", "actions": [action]}
    action |= {"order_id": order_id, "proof": proof}
    told = dispatch.tell(TellActions.model_validate(body), who, dispatching.helpers(), AFTER)
    return told.results[0].state, told.results[0].code


_told = iter(range(10_000))


def deliver_seq() -> int:
    return next(_told)


def test_a_picture_is_put_named_and_seen_by_the_dispatcher_alone(
    db: Engine, pictures: BucketOfPictures
) -> None:
    first, second, _ = doors()
    photo = ask(asking(first), pictures)
    drawn = ask(asking(first, "signature", content_type="image/png"), pictures)
    assert send("PUT", photo.url, photo.headers, PICTURE)[0] == 200
    proof = {"photo_key": photo.key, "signature_key": drawn.key, "signed_by": "王"}
    assert deliver(first, proof) == ("applied", None)
    seen = dispatch.proofs(ROUTE, DISPATCHER, pictures, AFTER).proofs
    (one,) = seen
    assert (one.order_id, one.courier_id, one.signed_by) == (first, ANNA.subject, "王")
    assert one.photo is not None
    assert one.photo.url is not None
    assert send("GET", one.photo.url) == (200, PICTURE)
    assert one.signature is not None
    assert one.signature.url is None  # Named, and never put.
    for nobody in (ANNA, here.person("d", Role.DISPATCHER, community="gulou")):
        with pytest.raises(NotFound):
            dispatch.proofs(ROUTE, nobody, pictures, AFTER)
    assert second not in {each.order_id for each in seen}


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({"Content-Type": "text/html"}, PICTURE),
        ({}, PICTURE + b"!"),
        ({}, b""),
        ({"If-None-Match": "etag"}, PICTURE),
    ],
)
def test_the_way_takes_what_was_asked_for_and_nothing_else(
    db: Engine, pictures: BucketOfPictures, change: dict[str, str], body: bytes
) -> None:
    asked = ask(asking(doors()[0]), pictures)
    assert send("PUT", asked.url, {**asked.headers, **change}, body)[0] == 403
    other = asked.url.replace(asked.key, asked.key[:-1] + "x")
    assert send("PUT", other, asked.headers, PICTURE)[0] == 403
    assert send("GET", asked.url)[0] == 403
    assert pictures.way_to_see(asked.key, 60) is None


def test_a_picture_is_put_once_and_never_over_another(
    db: Engine, pictures: BucketOfPictures
) -> None:
    command = asking(doors()[0])
    asked, again = ask(command, pictures), ask(command, pictures)
    assert again.key == asked.key
    assert send("PUT", asked.url, asked.headers, PICTURE)[0] == 200
    assert send("PUT", again.url, again.headers, PICTURE[::-1])[0] == 412
    with pytest.raises(IdReused):
        ask(command.model_copy(update={"kind": "signature"}), pictures)


def test_a_key_is_for_its_order_its_courier_and_its_kind(
    db: Engine, pictures: BucketOfPictures
) -> None:
    first, second, _ = doors()
    photo, drawn = ask(asking(first), pictures), ask(asking(first, "signature"), pictures)
    unknown = ("conflict", "unknown_picture")
    assert deliver(second, {"photo_key": photo.key}) == unknown
    assert deliver(first, {"photo_key": drawn.key}) == unknown
    assert deliver(first, {"signature_key": photo.key}) == unknown
    assert deliver(first, {"photo_key": f"proofs/2026-01-01/{'0' * 32}"}) == unknown
    assert orders.read(first).state == orders.read(second).state == "handed_over"
    for nobody in (BELA, here.person("x", Role.COURIER, community="gulou")):
        with pytest.raises(NotFound):
            ask(asking(first), pictures, nobody)
    with pytest.raises(NotFound):
        ask(asking(str(uuid7())), pictures)
    dispatch.withdraw(
        ROUTE,
        dispatch.Withdraw(id=uuid7(), reason="ill"),
        DISPATCHER,
        dispatching.Started(),
        dispatching.Waiting(),
        AFTER,
    )
    dispatching.take(ROUTE, BELA.subject, AFTER)
    assert deliver(first, {"photo_key": photo.key}, BELA) == unknown
    assert deliver(first, {"photo_key": ask(asking(first), pictures, BELA).key}, BELA) == (
        "applied",
        None,
    )


def test_however_many_devices_ask_an_order_has_so_many_keys(
    db: Engine, pictures: BucketOfPictures
) -> None:
    first, *_ = doors()
    given: list[str] = []
    refused: list[object] = []

    def device() -> None:
        for _ in range(3):
            try:
                given.append(ask(asking(first), pictures).key)
            except TooManyPictures as refusal:
                refused.append(refusal)

    threads = [threading.Thread(target=device) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(given) == len(set(given)) == MOST_PICTURES
    assert len(refused) == 12 - MOST_PICTURES


def test_proofs_are_forgotten_after_their_time(db: Engine, pictures: BucketOfPictures) -> None:
    first, *_ = doors()
    assert deliver(first, {"signed_by": "王"}) == ("applied", None)
    for later, count in ((PROOF_KEPT - timedelta(seconds=1), 1), (PROOF_KEPT, 0)):
        assert len(dispatch.proofs(ROUTE, DISPATCHER, pictures, AFTER + later).proofs) == count


def test_guessing_a_door_code_at_once_is_bounded_as_in_turn(db: Engine) -> None:
    first, *_ = doors()
    resident = orders.read(first).resident_id
    code = orders.issue_code(first, resident_id=resident, now=AFTER).code
    assert code not in json.dumps([str(item) for item in db.everything().values()])
    told = threading.Barrier(12)
    wrong: list[str] = []

    def guess(n: int) -> None:
        told.wait()
        try:
            check_door_code(first, f"{(int(code) + n) % 10**8:08d}", AFTER)
        except WrongCode:
            wrong.append(str(n))

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(1, 13)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(wrong) == 12
    with pytest.raises(WrongCode):  # The right one opens nothing after so many.
        check_door_code(first, code, AFTER)
    code = orders.issue_code(first, resident_id=resident, now=AFTER).code
    for _ in range(2 * MOST_TRIES):
        check_door_code(first, code, AFTER)  # Who knows it is never locked out by knowing it.


def request(method: str, roles: str, body: dict[str, Any] | None = None) -> Answer:
    event = golden("courier_registered", subject=ANNA.subject, roles=roles)
    key = f"{method} /v1/routes/{{route_id}}/proofs"
    event["routeKey"] = event["requestContext"]["routeKey"] = key
    event["rawPath"] = event["requestContext"]["http"]["path"] = f"/v1/routes/{ROUTE}/proofs"
    event["requestContext"]["http"]["method"] = method
    event["pathParameters"] = {"route_id": ROUTE}
    event["body"] = None if body is None else json.dumps(body, default=str)
    return knock("routes", event)


def test_the_doors_open_to_their_own_and_no_key_is_in_a_log(
    db: Engine,
    pictures: BucketOfPictures,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO)
    first, *_ = doors()
    body = asking(first).model_dump(mode="json")
    asked = request("POST", f"courier@{COMMUNITY}", body)
    assert asked.status == 201
    url, key = asked.body["url"], asked.body["key"]
    assert send("PUT", url, asked.body["headers"], PICTURE)[0] == 200
    assert deliver(doors()[1], {"photo_key": key}) == ("conflict", "unknown_picture")
    assert deliver(first, {"photo_key": key}) == ("applied", None)
    seen = request("GET", f"dispatcher@{COMMUNITY}")
    assert send("GET", seen.body["proofs"][0]["photo"]["url"]) == (200, PICTURE)
    for wrong in (
        {"size_bytes": MOST_BYTES + 1},
        {"size_bytes": 0},
        {"content_type": "image/svg+xml"},
        {"key": "proofs/mine"},
    ):
        answer = request("POST", f"courier@{COMMUNITY}", {**body, **wrong})
        assert (answer.status, answer.code) == (422, "invalid")
    assert request("POST", f"dispatcher@{COMMUNITY}", body).status == 403
    assert request("GET", f"courier@{COMMUNITY}").status == 403
    for method, roles, sent in (("POST", "courier@gulou", body), ("GET", "dispatcher@gulou", None)):
        assert request(method, roles, sent).status == 404
    written = capsys.readouterr()
    said = caplog.text + written.out + written.err
    assert key.rpartition("/")[2] not in said
    assert "X-Amz-Signature" not in said
