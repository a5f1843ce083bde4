"""The template, the folders, the matrix and the handlers agree with one another."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from linli.dispatch.proofs import PROOF_KEPT
from linli.kernel.access import MATRIX, PUBLIC
from linli.kernel.tables import Table
from local import openapi

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """Reads `!Ref`, `!GetAtt`, `!Sub` as `{"Ref": …}` and the like."""


def _intrinsic(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {tag: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)
TEMPLATES = {
    path: yaml.load(path.read_text(), _Loader)
    for path in (ROOT / "template.yaml", ROOT / "iot/template.yaml")
}
RESOURCES: dict[str, Any] = TEMPLATES[ROOT / "template.yaml"]["Resources"]
FUNCTIONS = {n: r for n, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::Function"}
ALARMS = {n: r for n, r in RESOURCES.items() if r["Type"] == "AWS::CloudWatch::Alarm"}
TABLES = {n: r for n, r in RESOURCES.items() if r["Type"] == "AWS::DynamoDB::Table"}


def statements(properties: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        statement
        for policy in properties.get("Policies", [])
        for statement in policy.get("Statement", [])
    ]


def routes() -> dict[str, dict[str, Any]]:
    return {
        f"{event['Properties']['Method']} {event['Properties']['Path']}": event["Properties"]
        for function in FUNCTIONS.values()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }


def test_every_function_folder_is_deployed_and_holds_one_module() -> None:
    deployed = {function["Properties"]["CodeUri"] for function in FUNCTIONS.values()}
    folders = {
        f"functions/{p.name}"
        for p in (ROOT / "functions").iterdir()
        if p.is_dir() and list(p.glob("*.py"))
    }
    assert deployed == folders
    for folder in folders:
        assert [p.name for p in (ROOT / folder).glob("*.py")] == ["handler.py"]


def test_every_route_is_in_the_matrix_and_the_reverse() -> None:
    assert set(routes()) == set(MATRIX)


def test_a_route_without_a_token_is_public_on_purpose() -> None:
    for route, properties in routes().items():
        open_door = properties.get("Auth", {}).get("Authorizer") == "NONE"
        assert open_door == (MATRIX[route] is PUBLIC), route


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_policy_uses_a_wildcard(path: Path) -> None:
    for name, resource in TEMPLATES[path]["Resources"].items():
        for statement in statements(resource.get("Properties", {})):
            assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", a) for a in statement["Action"]), name
            assert json.dumps(statement["Resource"]) not in ('"*"', '["*"]'), name


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_told_of_a_table_exactly_when_it_may_use_it(name: str) -> None:
    properties = FUNCTIONS[name]["Properties"]
    variables = properties.get("Environment", {}).get("Variables", {})
    told = {v["Ref"] for k, v in variables.items() if k.startswith("TABLE_")}
    allowed = set()
    for statement in statements(properties):
        allowed |= set(re.findall(r"\b(\w+Table)\b", json.dumps(statement["Resource"])))
    assert told == allowed
    for key, value in variables.items():
        if key.startswith("TABLE_"):
            assert value["Ref"] == f"{key.removeprefix('TABLE_').title()}Table"


def test_every_table_of_the_code_is_in_the_template_and_safe() -> None:
    assert set(TABLES) == {f"{table.title()}Table" for table in Table}
    for name, table in TABLES.items():
        assert table["DeletionPolicy"] == "Retain", name
        properties = table["Properties"]
        assert properties["BillingMode"] == "PAY_PER_REQUEST"
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert properties["SSESpecification"]["SSEEnabled"] is True
        assert "DeletionProtectionEnabled" in properties
        assert "TableName" not in properties


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_stream_that_cannot_be_told_goes_to_a_queue(name: str) -> None:
    for event in FUNCTIONS[name]["Properties"].get("Events", {}).values():
        if event["Type"] == "DynamoDB":
            properties = event["Properties"]
            assert "OnFailure" in properties["DestinationConfig"]
            assert properties["MaximumRetryAttempts"] >= 0
            assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_partition_or_account_is_written_out(path: Path) -> None:
    text = path.read_text()
    assert "arn:aws:" not in text
    for service in ("apigateway", "events", "iot"):  # Principals, the same in every partition.
        text = text.replace(f"{service}.amazonaws.com", "")
    assert "amazonaws.com" not in text
    assert not re.search(r"\b\d{12}\b", text)


def test_the_api_document_says_what_the_handlers_do() -> None:
    assert openapi.DOCUMENT.read_text(encoding="utf-8") == openapi.text(), (
        "python -m local.openapi writes it anew"
    )


def test_every_documented_route_is_deployed_and_answers_422_with_our_problem() -> None:
    document = openapi.generate()
    documented = {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    pages = {route for route, roles in MATRIX.items() if roles is PUBLIC}
    assert set(documented) == set(MATRIX) - pages
    for route, operation in documented.items():
        content = operation["responses"]["422"]["content"]
        schema = content["application/problem+json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Problem"}, route
        assert operation["summary"], route
        assert operation["tags"], route
    assert "HTTPValidationError" not in json.dumps(document)


def test_what_may_fail_unseen_has_an_alarm() -> None:
    watched = {
        (dimension["Value"].get("Ref") or dimension["Value"]["GetAtt"].split(".")[0])
        for alarm in ALARMS.values()
        for dimension in alarm["Properties"]["Dimensions"]
    }
    unseen = ("AWS::SQS::Queue", "AWS::Serverless::StateMachine")
    assert {name for name, r in RESOURCES.items() if r["Type"] in unseen} <= watched


def test_a_function_that_a_schedule_starts_has_an_alarm_of_its_errors() -> None:
    """Nobody hears its answer."""
    scheduled = {
        name
        for name, function in FUNCTIONS.items()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] in ("Schedule", "ScheduleV2")
    }
    watched = {
        dimension["Value"]["Ref"]
        for alarm in ALARMS.values()
        if alarm["Properties"]["MetricName"] == "Errors"
        for dimension in alarm["Properties"]["Dimensions"]
        if alarm["Properties"]["Threshold"] == 0 and dimension["Name"] == "FunctionName"
    }
    assert scheduled
    assert scheduled <= watched


def test_the_stack_stays_below_what_cloudformation_takes() -> None:
    """
    500 resources a stack, here counted to within a few. SAM adds a role to each function and
    machine, a permission to each route, a schedule and a role to each schedule, a mapping to each
    queue and stream.
    """
    added = {"HttpApi": 1, "Schedule": 2, "ScheduleV2": 2, "SQS": 1, "DynamoDB": 1}
    runs = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
    active = [r["Properties"] for r in RESOURCES.values() if r["Type"] in runs]
    events = [e["Type"] for p in active for e in p.get("Events", {}).values()]
    unknown = set(events) - added.keys()
    assert not unknown, "say how many resources SAM makes of it"
    stage = 1
    assert len(RESOURCES) + len(active) + sum(map(added.__getitem__, events)) + stage <= 480


def test_every_alarm_reaches_people_who_find_what_to_do() -> None:
    runbook = (ROOT / "docs/operations.md").read_text()
    for name, alarm in ALARMS.items():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "Alarms"}], name
    assert set(re.findall(r"^\| `(\w+Alarm)` ", runbook, re.M)) == set(ALARMS)


def test_pictures_of_doorsteps_are_private_sent_over_tls_and_gone_in_time() -> None:
    buckets = {n: r for n, r in RESOURCES.items() if r["Type"] == "AWS::S3::Bucket"}
    assert list(buckets) == ["ProofBucket"]
    bucket = buckets["ProofBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", PROOF_KEPT.days)
    assert "Prefix" not in rule
    policy = RESOURCES["ProofBucketTls"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Bucket"] == {"Ref": "ProofBucket"}
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_publisher_knows_the_subject_of_each_stream_that_it_is_fed_with() -> None:
    publisher = RESOURCES["PublishEventsFunction"]["Properties"]
    fed = {each["Properties"]["Stream"]["GetAtt"] for each in publisher["Events"].values()}
    variables = publisher["Environment"]["Variables"]
    known = {value["GetAtt"] for name, value in variables.items() if name.startswith("STREAM_")}
    assert fed == known
