"""
The top tier: a cut-off that is solved anew each night, so that its share stays in its band.

Who is at or above the entry rank is in; who is in stays down to the exit rank. Between the two
ranks (15 % and 18 % of active residents) everybody stays what they were, so people do not flicker,
and the share is in the band by construction. Pure.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

LEAST_ACTIVE = 34
"""From so many active residents on, 15–18 % always has a whole number of people in it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """
    A solved cut-off: `entry_weight` lets in, below `exit_weight` nobody stays; None: nobody is.
    """

    active: int
    least: int
    most: int
    top: frozenset[str]
    entry_weight: int | None
    exit_weight: int | None

    @property
    def share_permille(self) -> int:
        """The top tier's share of active residents, rounded down."""
        return 1000 * len(self.top) // self.active if self.active else 0


def solve(
    weights: Mapping[str, int],
    members: Set[str],
    low_permille: int,
    high_permille: int,
    held: Set[str] = frozenset(),
) -> Cut:
    """
    The top tier among active residents with these scores, of whom `members` are in it now, and
    `held` have a place in it by an upheld appeal: they take the first places, as far as there are.

    Ties go to who is in already, then to the id. A community that is too small for the band has
    fewer in its top tier than the band says, never more.
    """
    ranked = sorted(
        weights, key=lambda who: (who not in held, -weights[who], who not in members, who)
    )
    most = high_permille * len(ranked) // 1000
    least = min(-(-low_permille * len(ranked) // 1000), most)
    staying = {who for who in ranked[least:most] if who in members or who in held}
    return Cut(
        active=len(ranked),
        least=least,
        most=most,
        top=frozenset(ranked[:least]) | staying,
        entry_weight=_last(weights, ranked[:least], held),
        exit_weight=_last(weights, ranked[:most], held),
    )


def _last(weights: Mapping[str, int], ranked: Sequence[str], held: Set[str]) -> int | None:
    """The weight of the last of them who is there by rank; None if all places are held."""
    return min((weights[who] for who in ranked if who not in held), default=None)
