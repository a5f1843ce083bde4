"""Tells when MiniStack no longer needs a mend: each test fails once the fault is gone upstream."""

import json
import subprocess
import sys

import pytest

ASK = """
import inspect, json
from ministack import app
from ministack.core import lambda_runtime, persistence
from ministack.services import apigateway, dynamodb, iot, lambda_svc
from ministack.services.cloudformation import provisioners

failed = {"error": True, "body": {"errorMessage": "secret", "errorType": "Poisoned"}}
waits = inspect.signature(lambda_runtime.Worker._drain_stderr_bounded).parameters
source = inspect.getsource
print(json.dumps({
    "loopback": 'host="0.0.0.0"' in source(iot._mtls_start_locked),
    "slow_invokes": waits["first_line_wait"].default >= 0.05,
    "nagle": "disable_nagle" not in source(lambda_runtime),
    "burst_of_processes": lambda_runtime._LOCAL_MAX_WORKERS == 0,
    "http_api_faults": "secret" in str(
        lambda_svc.lambda_execute_result_to_api_proxy_response(failed)[0]),
    "cookies": 'event["cookies"]' not in source(apigateway._invoke_lambda_proxy),
    "poisoned_streams": "batchItemFailures" not in source(lambda_svc._poll_dynamodb_streams),
    "journal": "journal" not in source(dynamodb),
    "saving": source(app).count("save_all(") == 1,
    "routes": '"Body"' not in source(provisioners._apigw_v2_api_create),
    "nested_updates": "old_attrs" not in source(provisioners._cfn_nested_stack_deploy)
        and "old_attrs" in inspect.signature(provisioners._update_resource).parameters,
    "time_to_live": "TimeToLive" not in source(
        provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]["create"]),
}))
"""


@pytest.fixture(scope="module")
def faults() -> dict[str, bool]:
    """Which faults the installed MiniStack still has, asked in a process of its own."""
    told = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    answer: dict[str, bool] = json.loads(told.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize(
    "fault",
    [
        "loopback",
        "slow_invokes",
        "nagle",
        "burst_of_processes",
        "http_api_faults",
        "cookies",
        "poisoned_streams",
        "journal",
        "saving",
        "routes",
        "nested_updates",
        "time_to_live",
    ],
)
def test_the_fault_that_we_mend_is_still_there(faults: dict[str, bool], fault: str) -> None:
    assert faults[fault], f"MiniStack mended {fault}: take our mend away"
