"""Each hour: goods whose last day is over leave the stores' books."""

from typing import Any

from pydantic import TypeAdapter

from linli import catalogue, stock
from linli.catalogue import StoreSpan
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()
_PAGE: TypeAdapter[list[StoreSpan]] = TypeAdapter(list[StoreSpan])


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `stock.sweep_store`; answers the units written off, by store of the event's page."""
    now = SETTINGS.clock.now()
    stores = catalogue.stores_of_page(_PAGE.validate_python(event["page"]))
    return {store.store_id: stock.sweep_store(store.store_id, now) for store in stores}
