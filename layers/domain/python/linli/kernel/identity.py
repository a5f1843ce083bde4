"""Who is calling: roles, each with the places it holds for, from the access token alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from linli.kernel.errors import Forbidden, NotFound


class Role(StrEnum):
    """What a person is to the network; `store` holds for a store, the others for a community."""

    RESIDENT = "resident"
    COURIER = "courier"
    LEADER = "leader"
    STORE = "store"
    DISPATCHER = "dispatcher"
    CITY = "city"
    AUDITOR = "auditor"
    SWITCHBOARD = "switchboard"
    """No person: the machine that connects masked calls."""


ROLES_CLAIM = "linli_roles"
"""Space separated `role@place`; text, because API Gateway turns claims into text anyway."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind a request."""

    subject: str
    grants: frozenset[tuple[Role, str]]

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held anywhere."""
        return frozenset(role for role, _ in self.grants)

    def holds(self, role: Role, place: str) -> bool:
        """Whether the caller has `role` at `place` (a community, or a store's GLN)."""
        return (role, place) in self.grants

    def places(self, role: Role) -> list[str]:
        """Where the caller has `role`, sorted."""
        return sorted(place for held, place in self.grants if held == role)

    def require(self, place: str, *roles: Role) -> None:
        """
        Refuse unless the caller has one of `roles` at `place`.

        Raises:
            NotFound: A foreign place answers exactly as a missing one.
        """
        if not any(self.holds(role, place) for role in roles):
            raise NotFound


def caller_from(claims: Mapping[str, Any]) -> Caller:
    """
    The caller that a verified token's claims name.

    Raises:
        Forbidden: Not an access token of ours, no subject, or a malformed roles claim.
    """
    subject = str(claims.get("sub", ""))
    if not subject or claims.get("token_use") != "access":
        raise Forbidden("an access token is required")
    grants = set()
    for grant in str(claims.get(ROLES_CLAIM, "")).split():
        role, _, place = grant.partition("@")
        if role not in set(Role) or not place:
            raise Forbidden("the token's roles are malformed")
        grants.add((Role(role), place))
    return Caller(subject, frozenset(grants))
