"""What the orders stream says reaches the event bus, once, in order, without personal data."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

EVENTS = Path(__file__).parents[2] / "events/stream"
REGION = "eu-west-1"


def stream_of(table: str) -> str:
    """As the golden records name it."""
    account = f"arn:aws:dynamodb:{REGION}:000000000000"
    return f"{account}:table/{table}/stream/2024-06-28T00:00:00.000"


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bus whose events of ours end in a queue; answers what the queue has."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("EVENT_BUS", "linli-events")
    for table in ("ORDERS", "PAYMENTS", "BOXES", "CASES"):
        monkeypatch.setenv(f"STREAM_{table}", stream_of(table.lower()))
    with mock_aws():
        events, queues = boto3.client("events"), boto3.client("sqs")
        events.create_event_bus(Name="linli-events")
        url = queues.create_queue(QueueName="heard")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": ["urn:linli"]})
        events.put_rule(Name="all", EventBusName="linli-events", EventPattern=pattern)
        target = {"Id": "1", "Arn": arn["Attributes"]["QueueArn"]}
        events.put_targets(Rule="all", EventBusName="linli-events", Targets=[target])

        def heard() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            while messages := queues.receive_message(QueueUrl=url).get("Messages", []):
                for message in messages:
                    found.append(json.loads(message["Body"]))
                    queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return found

        yield heard


def publish(records: list[dict[str, Any]]) -> dict[str, Any]:
    module = importlib.import_module("functions.publish_events.handler")
    module.bus.cache_clear()
    module._by_source.cache_clear()
    answer: dict[str, Any] = module.lambda_handler({"Records": records}, None)
    module.bus.cache_clear()
    return answer


def golden(case: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads((EVENTS / f"{case}.json").read_text())["Records"]
    return records


def test_each_change_of_state_is_told_once_in_order(bus: Any) -> None:
    assert publish(golden("order_life")) == {"batchItemFailures": []}
    heard = bus()
    assert [e["detail-type"] for e in heard] == ["linli.OrderPlaced", "linli.OrderFrozen"]
    details = [e["detail"] for e in heard]
    assert [(d["data"]["from"], d["data"]["to"]) for d in details] == [
        (None, "placed"),
        ("placed", "frozen"),
    ]
    assert {d["specversion"] for d in details} == {"1.0"}


def test_a_repeated_record_is_told_under_the_same_id(bus: Any) -> None:
    publish(golden("order_life"))
    publish(golden("order_life"))
    ids = [e["detail"]["id"] for e in bus()]
    assert len(ids) == 4
    assert len(set(ids)) == 2


def test_no_address_phone_or_name_leaves(bus: Any) -> None:
    publish(golden("order_life"))
    said = json.dumps(bus())
    for secret in ("+8613800000000", "resident-7", "120.16", "Building 7"):
        assert secret in (EVENTS / "order_life.json").read_text(), "planted"
        assert secret not in said


def test_more_records_than_one_call_takes_are_all_told(bus: Any) -> None:
    placed = golden("order_life")[0]
    records = [placed | {"eventID": f"e{i}"} for i in range(23)]
    publish(records)
    assert len({e["detail"]["id"] for e in bus()}) == 23


def test_a_record_means_what_its_own_table_means_by_it(bus: Any) -> None:
    """A return machine's message has a key like that of a payment's, and is told to nobody."""
    message = {"pk": {"S": "MACHINE#machine-1"}, "sk": {"S": "MESSAGE#1.1"}}
    change = {"Keys": message, "NewImage": message, "ApproximateCreationDateTime": 1719536401.0}
    heard = {"eventID": "e-1", "eventName": "INSERT", "dynamodb": change}
    told = heard | {"eventSourceARN": stream_of("boxes")}
    assert publish([told, *golden("order_life")]) == {"batchItemFailures": []}
    assert len(bus()) == 2
