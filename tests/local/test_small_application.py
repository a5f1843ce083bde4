"""What a deployed function, machine and device meet on the local stack is what AWS would give."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from local.stack import Stack
from local.tokens import Issuer, access_claims, issuer_at


@pytest.fixture(scope="module")
def caller(stack: Stack) -> httpx.Client:
    headers = {"Authorization": f"Bearer {stack.token(('resident', 'wulin'))}"}
    return httpx.Client(base_url=stack.api_url, headers=headers, timeout=30)


def eventually(look: Callable[[], Any], seconds: float = 15) -> Any:
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def seen(stack: Stack) -> set[str]:
    items = stack.client("dynamodb").scan(TableName=stack.resources["SeenTable"])["Items"]
    return {item["pk"]["S"] for item in items}


def test_a_function_sees_its_declared_environment_and_lambdas_own(caller: httpx.Client) -> None:
    environment = caller.get("/ask/environment").json()
    ours = {name for name in environment if not name.startswith(("AWS_", "LAMBDA_", "_"))}
    assert ours - {"PATH", "HOME", "LANG", "TMPDIR", "TZ", "LC_CTYPE"} == {
        "TABLE",
        "FOREIGN_TABLE",
        "CLOCK_FILE",
    }
    assert environment["TZ"] == "UTC"


def test_a_function_imports_its_layers_and_the_sdk_and_nothing_of_this_machine(
    caller: httpx.Client,
) -> None:
    assert caller.get("/ask/imports").json() == {
        "moto": False,
        "ministack": False,
        "local": False,
        "boto3": True,
        "pydantic": True,
        "pynamodb": True,
    }


def test_what_a_role_does_not_allow_is_refused(stack: Stack) -> None:
    answer = stack.client("lambda").invoke(
        FunctionName=stack.resources["ProbeFunction"], Payload=json.dumps({"ask": "foreign"})
    )
    assert "AccessDenied" in json.loads(answer["Payload"].read())["errorMessage"]


def test_a_functions_error_is_a_500_that_says_nothing(caller: httpx.Client) -> None:
    answer = caller.get("/ask/error")
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


def test_a_function_that_ends_before_it_serves_says_why(stack: Stack) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, "#!/bin/sh\nsleep 0.2\necho no module of that name\nexit 3\n")
    functions = stack.client("lambda")
    role = functions.get_function(FunctionName=stack.resources["ProbeFunction"])
    functions.create_function(
        FunctionName="ends-early",
        Runtime="provided.al2023",
        Handler="any",
        Role=role["Configuration"]["Role"],
        Code={"ZipFile": packed.getvalue()},
    )
    answer = functions.invoke(FunctionName="ends-early", Payload=b"{}")
    told = json.loads(answer["Payload"].read())["errorMessage"]
    functions.delete_function(FunctionName="ends-early")
    assert "code 3" in told
    assert "no module of that name" in told


def test_an_event_has_the_shape_of_payload_2_0(caller: httpx.Client) -> None:
    event = caller.get("/ask/event?a=1&a=2", headers={"cookie": "c=1; d=2"}).json()
    assert event["cookies"] == ["c=1", "d=2"]
    assert event["rawPath"] == "/ask/event"
    assert event["queryStringParameters"] == {"a": "1,2"}
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    assert claims["linli_roles"] == "resident@wulin"
    assert "pathParameters" not in httpx.get(caller.base_url.join("/open")).json()


def test_the_clock_file_reaches_the_function(stack: Stack, caller: httpx.Client) -> None:
    before = stack.now()
    stack.set_clock(before.replace(year=2031, month=1, day=1))
    assert float(caller.get("/ask/clock").json()) > 3 * 365 * 86400
    assert stack.now().year == 2031


def test_only_the_named_origin_may_call_from_a_page(stack: Stack, caller: httpx.Client) -> None:
    def preflight(origin: str) -> str | None:
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        answer = caller.options("/open", headers=headers)
        return dict(answer.headers).get("access-control-allow-origin")

    assert preflight(stack.api_url) == stack.api_url
    assert preflight("https://evil.example") is None


def tokens(stack: Stack, foreign: Issuer) -> dict[str, str]:
    ours = stack.issuer
    good = access_claims(ours, [("city", "wulin")], "u-1")
    head, body, _ = ours.sign(good).split(".")
    unsigned_head = "eyJhbGciOiJub25lIiwia2lkIjoi" + head[24:]
    return {
        "signed by a foreign key": Issuer(ours.url, foreign.key_pem).sign(good),
        "of a foreign issuer": foreign.sign({**good, "iss": foreign.url}),
        "for a foreign audience": ours.sign({**good, "aud": "another"}),
        "expired": ours.sign({**good, "exp": int(time.time()) - 1}),
        "not valid yet": ours.sign({**good, "nbf": int(time.time()) + 600}),
        "unsigned": f"{head}.{body}.",
        "alg none": f"{unsigned_head}.{body}.",
        "not a token": "abc",
    }


def test_a_token_that_the_issuer_did_not_sign_for_us_now_opens_nothing(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    foreign = issuer_at("https://evil.example", tmp_path_factory.mktemp("foreign") / "key.pem")
    for kind, token in tokens(stack, foreign).items():
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"{stack.api_url}/ask/event", headers=headers)
        assert answer.status_code == 401, kind
    assert httpx.get(f"{stack.api_url}/ask/event").status_code == 401


def test_a_token_without_the_scope_is_forbidden(stack: Stack) -> None:
    claims = access_claims(stack.issuer, [("city", "wulin")], "u-1") | {"scope": "other"}
    headers = {"Authorization": f"Bearer {stack.issuer.sign(claims)}"}
    assert httpx.get(f"{stack.api_url}/ask/event", headers=headers).status_code == 403


def test_an_unknown_route_is_not_found(caller: httpx.Client) -> None:
    answer = caller.get("/nowhere")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_a_burst_is_served_whole_by_few_processes(stack: Stack, caller: httpx.Client) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: caller.put(f"/items/burst-{n}"), range(40)))
    assert {answer.status_code for answer in answers} == {201}
    assert eventually(lambda: {f"burst-{n}" for n in range(40)} <= seen(stack))


def test_records_around_a_poisoned_one_are_served_and_it_is_given_up(
    stack: Stack, caller: httpx.Client
) -> None:
    caller.put("/items/before-poison")
    assert eventually(lambda: "before-poison" in seen(stack))
    caller.put("/items/poison")
    queue = stack.client("sqs")
    url = stack.resources["GivenUp"]
    assert eventually(lambda: queue.receive_message(QueueUrl=url).get("Messages"))
    caller.put("/items/after-poison")
    assert eventually(lambda: "after-poison" in seen(stack))


def test_a_slow_consumer_of_a_stream_holds_up_no_other(stack: Stack, caller: httpx.Client) -> None:
    caller.put("/items/slow")
    assert eventually(lambda: "slow begins" in seen(stack))
    caller.put("/items/after-slow")
    assert eventually(lambda: "after-slow" in seen(stack))
    assert "slow ends" not in seen(stack)


def test_a_machine_catches_a_functions_error_by_its_own_name(stack: Stack) -> None:
    machines = stack.client("stepfunctions")
    execution = machines.start_execution(
        stateMachineArn=stack.outputs["MachineArn"], input=json.dumps({"ask": "error"})
    )["executionArn"]

    def done() -> Any:
        state = machines.describe_execution(executionArn=execution)
        return state if state["status"] != "RUNNING" else None

    assert json.loads(eventually(done)["output"]) == {"caught": "Poisoned"}


def test_a_table_has_the_time_to_live_of_the_template(stack: Stack) -> None:
    told = stack.client("dynamodb").describe_time_to_live(TableName=stack.resources["Table"])
    assert told["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "forget_at",
    }
