"""
The API's OpenAPI 3.1 document, generated from the handlers and committed with the page.

`python -m local.openapi` writes it; a contract test fails when it no longer says what the
handlers do.
"""

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "functions/pages/openapi.json"
_DESCRIPTION = (
    "A community grocery network: pooled stock, delivery waves, credit, returnable boxes, "
    "sensing and a plan for the day the network goes down. 社区生鲜网络：合并库存、波次配送、"
    "邻里信用、循环箱、感知与断网预案。\n\nRefusals are RFC 9457 problems with a stable `code`. "
    "Every command carries a client-made UUIDv7 `id`: sending it again is safe. Money is in fen."
)


def generate() -> dict[str, Any]:
    """The document of all handlers that have routes, merged, in a stable order."""
    from linli.kernel.problems import Problem

    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Linli 邻里", "version": "1.0.0", "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {},
        "components": {
            "schemas": {"Problem": Problem.model_json_schema()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }
    for handler in sorted((ROOT / "functions").glob("*/handler.py")):
        app = getattr(_load(handler), "app", None)
        if app is not None:
            _merge(document, json.loads(app.get_openapi_json_schema()))
    return _sorted(document)


def text() -> str:
    """The document as committed."""
    return json.dumps(generate(), ensure_ascii=False, indent=1) + "\n"


def _load(handler: Path) -> Any:
    """The handler's module; its environment is of no account here, for it serves nothing."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    spec = importlib.util.spec_from_file_location(f"openapi_{handler.parent.name}", handler)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _merge(document: dict[str, Any], part: dict[str, Any]) -> None:
    for path, item in part["paths"].items():
        known = document["paths"].setdefault(path, {})
        assert not known.keys() & item.keys(), f"{path} is served twice"
        known.update(item)
    schemas = document["components"]["schemas"]
    for name, schema in part.get("components", {}).get("schemas", {}).items():
        if name in ("HTTPValidationError", "ValidationError"):
            continue  # Powertools' own 422, which our doors do not answer.
        assert schemas.setdefault(name, schema) == schema, f"two schemas are called {name}"


def _sorted(document: dict[str, Any]) -> dict[str, Any]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            operation["operationId"] = f"{method}_{path}".translate(_NAME).strip("_")
            operation["responses"] = dict(sorted(operation["responses"].items()))
    document["paths"] = {
        path: dict(sorted(item.items())) for path, item in sorted(document["paths"].items())
    }
    components = document["components"]
    components["schemas"] = dict(sorted(components["schemas"].items()))
    return document


_NAME = str.maketrans({"/": "_", "{": "", "}": "", "-": "_"})

if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
    print(f"wrote {DOCUMENT.relative_to(ROOT)}")
