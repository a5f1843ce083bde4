"""Return machines: contract, rule, policy and code agree."""

import json
import re
from typing import Any, get_args

import jsonschema
import pytest

from linli.boxes.machine_model import MOST_BOOT, MOST_SEQ, Reason, ReturnArrival, understand
from linli.boxes.recycle import MOST_GRAMS
from linli.catalogue.packaging import Material
from tests.contract.test_iot import CONTRACT, IOT
from tests.contract.test_template import RESOURCES
from tests.support.packaging import message

RULE: dict[str, Any] = IOT["ReturnsRule"]["Properties"]["TopicRulePayload"]
CHANNEL: dict[str, Any] = CONTRACT["channels"]["returns"]
KINDS = ("box", "recyclable")


def schema_of(kind: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{kind}", "components": CONTRACT["components"]}


def test_the_contract_names_what_the_code_takes() -> None:
    assert tuple(CHANNEL["parameters"]["what"]["enum"]) == KINDS
    weight = CONTRACT["components"]["schemas"]["recyclable"]["allOf"][1]["properties"]
    assert tuple(weight["material"]["enum"]) == get_args(Material)
    assert weight["grams"]["maximum"] == MOST_GRAMS
    numbers = CONTRACT["components"]["schemas"]["taken"]["properties"]
    assert (numbers["boot"]["maximum"], numbers["seq"]["maximum"]) == (MOST_BOOT, MOST_SEQ)


def test_the_contract_names_every_reason_of_the_quarantine() -> None:
    text = CONTRACT["operations"]["takeReturns"]["description"]
    assert set(get_args(Reason)) <= set(re.findall(r"`(\w+)`", text))


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_of_the_contract_are_understood(kind: str) -> None:
    for example in CONTRACT["components"]["messages"][kind]["examples"]:
        payload = example["payload"]
        jsonschema.validate(payload, schema_of(kind))
        raw = json.dumps(payload).encode()
        assert understand(message(0, kind=kind, raw=raw)) is not None


def test_the_rule_listens_to_the_contracts_topic_and_hands_over_an_arrival() -> None:
    sql = " ".join(RULE["Sql"].split())
    assert sql.endswith(f"FROM '{re.sub(r'{[a-z_]+}', '+', CHANNEL['address'])}'")
    assert set(re.findall(r"AS (\w+)", sql)) == set(ReturnArrival.model_fields)
    levels = CHANNEL["address"].split("/")
    for number, name in re.findall(r"topic\((\d)\) AS (\w+)", sql):
        assert levels[int(number) - 1] == {"kind": "{what}"}.get(name, f"{{{name}}}")
    assert "*" not in re.sub(r"encode\(\*, 'base64'\) AS payload", "", sql)


def test_a_reading_and_a_return_are_never_on_one_topic() -> None:
    readings = IOT["ReadingsRule"]["Properties"]["TopicRulePayload"]["Sql"].split("FROM")[1]
    assert readings.count("/") != RULE["Sql"].split("FROM")[1].count("/")


def test_what_fails_has_a_queue() -> None:
    given = RESOURCES["Sensors"]["Properties"]["Parameters"]
    target = given["IngestReturnFunctionArn"]["GetAtt"].removesuffix(".Arn")
    failure = RESOURCES[target]["Properties"]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert failure["Destination"] == given["ReturnsDeadLettersArn"]


def test_a_machine_may_connect_as_itself_and_publish_what_it_takes_in_only() -> None:
    connect, publish = IOT["MachinePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert connect["Action"] == "iot:Connect"
    assert connect["Resource"]["Sub"].endswith(":client/${!iot:Connection.Thing.ThingName}")
    assert publish["Action"] == "iot:Publish"
    condition, checked, _rehearsal = publish["Resource"]["If"]
    assert condition == "ChecksStore"
    own = "linli/v1/${!iot:Connection.Thing.Attributes[store]}/${!iot:Connection.Thing.ThingName}"
    topics = {each["Sub"].partition(":topic/")[2] for each in checked}
    assert topics == {f"{own}/returns/{kind}" for kind in KINDS}
