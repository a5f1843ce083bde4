"""Whether a courier may ride a route at this moment: asked of them, it may have ceased to be so."""

from datetime import datetime

from linli import fleet
from linli.dispatch.duty import duty_of
from linli.dispatch.model import NotFit
from linli.dispatch.needs import fatigue_of, needs_of, rest_of
from linli.dispatch.rules import Candidate, obstacle
from linli.kernel.errors import NotFound
from linli.waves import RouteOnDesk


def check_fit(route: RouteOnDesk, courier_id: str, now: datetime) -> None:
    """
    Check the courier's documents, hours, vehicle, skills, rest and fatigue against the route.

    Raises:
        NotFound: There is no such courier in the route's community.
        NotFit: `obstacle` says what does not allow it.
    """
    if fleet.courier(route.community_id, courier_id) is None:
        raise NotFound
    known = fleet.riding_on(route.community_id, courier_id, max(now, route.depart_at))
    if known is None:
        raise NotFit(obstacle="documents_or_day")
    duty = duty_of(courier_id)
    who = Candidate(known, rest=rest_of(duty), fatigue=fatigue_of(duty))
    why = obstacle(needs_of([route])[0], who, now)
    if why is not None and why != "too_far":  # How far to ride is theirs to agree to.
        raise NotFit(obstacle=why)
