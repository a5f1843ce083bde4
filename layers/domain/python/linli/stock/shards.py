"""
How the units of a hot shelf lie in several items, and from which of them a promise takes. Pure.

A shelf that many orders want at the same moment may be split: its available units lie in up to
`MOST_SHARDS` items, so that orders that begin at different ones do not stand in each other's way.
What a promise must leave alone (`kept_units`) is shared out evenly; a shard that has less than its
share is made up for by whoever takes from another one. So the sum leaves `kept_units` alone
whatever happens at the same time, as it does on a shelf that is not split.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_SHARDS: Final = 8


@dataclass(frozen=True, slots=True)
class Take:
    """
    Units that one item gives (or gets, if negative), and the least that it must have before.
    """

    shard: int
    units: int
    least_units: int


def fair(units: int, shards: int) -> list[int]:
    """`units` shared out over so many shards, the first ones getting what is left over."""
    each, more = divmod(units, shards)
    return [each + (n < more) for n in range(shards)]


def begin_at(seed: str, shards: int) -> int:
    """The shard at which a promise of this id begins: the last digits of ids are random."""
    return sum(map(ord, seed[-8:])) % max(1, shards)


def alone(split: Sequence[int], units: int, kept_units: int, shard: int) -> Take | None:
    """The units from one shard, beyond its share of what is kept and what others lack of theirs."""
    shares = fair(kept_units, len(split))
    lacking = sum(max(0, share - has) for share, has in zip(shares, split, strict=True))
    least = units + shares[shard] + lacking
    return Take(shard, units, least) if split[shard] >= least else None


def together(split: Sequence[int], units: int, kept_units: int) -> list[Take] | None:
    """
    The units from all shards, and what is left shared out anew; None if there is not enough. All
    have to be as they were seen, or fuller: so the sum is what it seemed to be.
    """
    left = sum(split) - units
    if left < kept_units:
        return None
    after = fair(left, len(split))
    return [
        Take(n, has - then, has) for n, (has, then) in enumerate(zip(split, after, strict=True))
    ]


def takes(split: Sequence[int], units: int, kept_units: int, first: int) -> list[Take] | None:
    """
    From where to take `units` of a shelf whose items have `split`, beginning at `first`: one item
    if one can give them by itself, all of them otherwise. None: there are not enough.
    """
    for n in range(len(split)):
        shard = (first + n) % len(split)
        found = alone(split, units, kept_units, shard)
        if found is not None:
            return [found]
    return together(split, units, kept_units)


def fill(split: Sequence[int], units: int) -> list[int]:
    """What each shard gets of `units` that come in, so that they are as even as can be."""
    added = [0] * len(split)
    order = sorted(range(len(split)), key=lambda n: (split[n], n))
    left = units
    for rank, n in enumerate(order, 1):
        ceiling = split[order[rank]] if rank < len(order) else None
        level = split[n] + added[n]
        room = left if ceiling is None else min(left, (ceiling - level) * rank)
        for m, more in zip(order[:rank], fair(room, rank), strict=True):
            added[m] += more
        left -= room
    return added
