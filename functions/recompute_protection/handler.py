"""Each night: what stores keep for their walk-ins, from what their tills have sold."""

from typing import Any

from pydantic import TypeAdapter

from linli import catalogue, protection
from linli.catalogue import StoreSpan
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()
_PAGE: TypeAdapter[list[StoreSpan]] = TypeAdapter(list[StoreSpan])


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `protection.recompute_store`; answers the changed levels, by store of the page."""
    now, changed = SETTINGS.clock.now(), {}
    for store in catalogue.stores_of_page(_PAGE.validate_python(event["page"])):
        community = catalogue.community(store.community_id, SETTINGS.pool_metres)
        changed[store.store_id] = protection.recompute_store(store.store_id, community, now)
    return changed
