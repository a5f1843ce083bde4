"""The way in over HTTP: who may enter, one error mapping, one shape of answer."""

import json
from datetime import datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import BaseModel

from linli.kernel import problems as shapes
from linli.kernel.access import MATRIX, PUBLIC
from linli.kernel.errors import Forbidden, Invalid, NotFound, Refused
from linli.kernel.identity import Caller, caller_from
from linli.kernel.settings import Settings, settings_from_environment

MOST_BODY_BYTES = 64 * 1024


class TooLarge(Refused):
    """The body is longer than any real request of ours."""

    code = "too_large"
    status = 413
    title_en = "The request is too large"
    title_zh = "请求内容过大"


class Fault(Refused):
    """Our own failure; nothing is known of its effect, and sending it again is safe."""

    code = "fault"
    status = 500
    title_en = "Something went wrong on our side; sending it again is safe"
    title_zh = "系统内部错误，可安全重试"


@cache
def settings() -> Settings:
    """The process's settings, read at the first request (or by the handler's start)."""
    return settings_from_environment()


def api(service: str) -> APIGatewayHttpResolver:
    """
    A resolver for one function's routes, with validation, the access check and problems.

    A handler adds its routes to it and answers with `serve`.
    """
    app = APIGatewayHttpResolver(enable_validation=True, response_validation_error_http_code=500)
    logger = Logger(service=service)

    @app.not_found
    def no_route(_error: NotFoundError) -> Response[str]:
        return _problem(app.current_event.raw_event, NotFound())

    @app.exception_handler(Refused)
    def refused(error: Refused) -> Response[str]:
        logger.info("refused", extra={"code": error.code})
        return _problem(app.current_event.raw_event, error)

    @app.exception_handler(RequestValidationError)
    def invalid(error: RequestValidationError) -> Response[str]:
        refusal = Invalid(errors=shapes.field_errors(error.errors()))
        return _problem(app.current_event.raw_event, refusal)

    @app.exception_handler(RecursionError)
    def nested(_error: RecursionError) -> Response[str]:
        # Only the JSON of a request is read recursively: it is not a fault of ours.
        return _problem(app.current_event.raw_event, Invalid("nested too deeply"))

    @app.exception_handler(Exception)
    def fault(error: Exception) -> Response[str]:
        logger.exception("fault", extra={"kind": type(error).__name__})
        return _problem(app.current_event.raw_event, Fault())

    return app


def serve(
    app: APIGatewayHttpResolver,
    event: dict[str, Any],
    context: Any,
    most_body_bytes: int = MOST_BODY_BYTES,
) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    try:
        _enter(app, event, most_body_bytes)
    except Refused as refusal:
        app.clear_context()
        return _turned_away(event, refusal)
    answer: dict[str, Any] = app.resolve(event, context)
    return answer


def caller(app: APIGatewayHttpResolver) -> Caller:
    """Who sent the current request."""
    found: Caller = app.context["caller"]
    return found


def now(app: APIGatewayHttpResolver) -> datetime:
    """The instant at which the current request came in."""
    instant: datetime = app.context["now"]
    return instant


def problems(*statuses: int) -> dict[int, Any]:
    """The refusals to document on a route, beside 422; see `problems.responses`."""
    return shapes.responses({401, 403, *statuses})


def ok(model: type[BaseModel], *refusals: int, status: int = 200) -> dict[int, Any]:
    """The answers to document on a route: `model` with `status`, and `problems(*refusals)`."""
    content = {"application/json": {"model": model}}
    return {status: {"description": "Done", "content": content}} | problems(*refusals)


def answer(body: BaseModel, status: int = 200, **headers: str) -> Response[Any]:
    """A JSON answer."""
    return Response(
        status_code=status,
        content_type="application/json",
        body=body,
        headers=dict(headers),
    )


def _enter(app: APIGatewayHttpResolver, event: dict[str, Any], most_body_bytes: int) -> None:
    """Let the request in if the matrix opens its route to one of the caller's roles."""
    opened = MATRIX.get(event["routeKey"])
    if opened is None:
        raise NotFound
    if len((event.get("body") or "").encode("utf-8", "surrogatepass")) > most_body_bytes:
        raise TooLarge
    app.append_context(now=settings().clock.now())
    if opened is not PUBLIC:
        claims = event["requestContext"].get("authorizer", {}).get("jwt", {})
        who = caller_from(claims.get("claims", {}))
        if not who.roles & opened:
            raise Forbidden
        app.append_context(caller=who)


def _problem(event: dict[str, Any], refusal: Refused) -> Response[str]:
    headers = {k.lower(): v for k, v in (event.get("headers") or {}).items()}
    language = shapes.language(headers.get("accept-language"))
    return Response(
        status_code=refusal.status,
        content_type=shapes.PROBLEM_JSON,
        body=json.dumps(shapes.problem(refusal, language), ensure_ascii=False),
        headers={"Content-Language": language},
    )


def _turned_away(event: dict[str, Any], refusal: Refused) -> dict[str, Any]:
    """The answer to a request that does not reach a route."""
    answer = _problem(event, refusal)
    headers = {**answer.headers, "Content-Type": shapes.PROBLEM_JSON}
    return {"statusCode": answer.status_code, "headers": headers, "body": answer.body}
