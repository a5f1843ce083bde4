"""Each night: what stores keep for their walk-ins, from what their tills have sold."""

from typing import Any

from linli import catalogue, protection
from linli.kernel.settings import settings_from_environment

SETTINGS = settings_from_environment()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See `protection.recompute_store`; answers the number of changed levels by store."""
    now, changed = SETTINGS.clock.now(), {}
    for place in catalogue.communities():
        community = catalogue.community_now(place, SETTINGS.pool_metres)
        for store in catalogue.stores(place):
            changed[store.store_id] = protection.recompute_store(store.store_id, community, now)
    return changed
