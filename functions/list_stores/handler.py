"""Cuts all stores into pages, for scheduled work that is done on many pages at once."""

from typing import Any

from linli import catalogue
from linli.kernel.settings import settings_from_environment

STORES_A_PAGE = 20
"""Protection of a store with a thousand products takes some ten seconds, a page some minutes."""

settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`work` names what is to be done; answers a piece of it for each page."""
    pages = catalogue.store_pages(STORES_A_PAGE)
    return {
        "pieces": [
            {"work": event["work"], "page": [span.model_dump() for span in page]} for page in pages
        ]
    }
