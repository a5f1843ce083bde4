"""The API's own pages: its OpenAPI document, and a page to read and try it, both offline."""

import gzip
import json
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

import aws_lambda_powertools.event_handler.openapi as powertools_openapi

_SWAGGER = Path(powertools_openapi.__file__).parent / "swagger_ui"
_DOCUMENT = Path(__file__).parent / "openapi.json"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Linli 邻里 API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><style>{css}</style></head>
<body><div id="ui"></div><script>{js}</script><script>
SwaggerUIBundle({{spec: {spec}, dom_id: "#ui", deepLinking: true, docExpansion: "none",
persistAuthorization: false, validatorUrl: null}});
</script></body></html>"""


@cache
def _document() -> str:
    return _DOCUMENT.read_text(encoding="utf-8")


@cache
def _page() -> str:
    return _PAGE.format(
        css=(_SWAGGER / "swagger-ui.min.css").read_text(encoding="utf-8"),
        js=(_SWAGGER / "swagger-ui-bundle.min.js").read_text(encoding="utf-8"),
        spec=json.dumps(json.loads(_document())).replace("</", "<\\/"),
    )


@cache
def _packed_page() -> str:
    """The page as gzip in base64: its scripts are 1.7 MB, a third of that compressed."""
    return b64encode(gzip.compress(_page().encode())).decode()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0); these routes are open to everybody."""
    if event["routeKey"] == "GET /v1/openapi.json":
        headers = {"Content-Type": "application/json", "Cache-Control": "max-age=60"}
        return {"statusCode": 200, "headers": headers, "body": _document()}
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Vary": "Accept-Encoding",
        "Cache-Control": "max-age=60",
        "Content-Security-Policy": "default-src 'self' data: 'unsafe-inline'",
    }
    if "gzip" not in (event.get("headers") or {}).get("accept-encoding", ""):
        return {"statusCode": 200, "headers": headers, "body": _page()}
    packed = headers | {"Content-Encoding": "gzip"}
    return {"statusCode": 200, "headers": packed, "body": _packed_page(), "isBase64Encoded": True}
