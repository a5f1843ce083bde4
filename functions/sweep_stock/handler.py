"""Each hour: goods whose last day is over leave the stores' books."""

from typing import Any

from linli import catalogue, stock
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `stock.sweep_store`; answers the units written off by store."""
    now = SETTINGS.clock.now()
    stores = [s for place in catalogue.communities() for s in catalogue.stores(place)]
    return {store.store_id: stock.sweep_store(store.store_id, now) for store in stores}
