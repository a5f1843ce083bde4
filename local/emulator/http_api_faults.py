"""Faults of the HTTP API in front of a function.

1. A function's error reaches the caller as a 502 with the error's text; AWS answers 500
   {"message":"Internal Server Error"}, and a leak here would hide a leak there.
2. The event has no `cookies` list and carries `pathParameters: null` where AWS leaves it out.
"""

from typing import Any

_BROKEN = {
    "statusCode": 500,
    "headers": {"Content-Type": "application/json"},
    "body": '{"message":"Internal Server Error"}',
}


def install() -> None:
    """Mend answers and events."""
    from ministack.services import lambda_svc

    convert = lambda_svc.lambda_execute_result_to_api_proxy_response

    def convert_as_aws(result: dict[str, Any]) -> Any:
        if result.get("error") and not result.get("throttle"):
            return dict(_BROKEN), None
        answer, extra = convert(result)
        return (answer, extra) if _has_status(answer) else (dict(_BROKEN), None)

    run = lambda_svc._execute_function_with_config_scope

    def run_with_aws_event(record: Any, event: Any, *rest: Any, **options: Any) -> Any:
        if isinstance(event, dict) and event.get("version") == "2.0":
            _mend_event(event)
        return run(record, event, *rest, **options)

    lambda_svc.lambda_execute_result_to_api_proxy_response = convert_as_aws
    lambda_svc._execute_function_with_config_scope = run_with_aws_event


def _has_status(answer: Any) -> bool:
    return isinstance(answer, dict) and str(answer.get("statusCode", 200)).isdigit()


def _mend_event(event: dict[str, Any]) -> None:
    cookie = event.get("headers", {}).pop("cookie", None)
    if cookie:
        event["cookies"] = [part.strip() for part in cookie.split(";") if part.strip()]
    if event.get("pathParameters", ...) is None:
        del event["pathParameters"]
