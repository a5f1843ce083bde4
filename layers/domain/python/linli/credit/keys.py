"""Where the ledger's items lie: their keys, and the partitions of its indexes."""

from datetime import date
from zlib import crc32

POINTS, DEPOSIT, COMMISSION = "POINTS", "DEPOSIT", "COMMISSION"
LOT, TIMES = "LOT#", "TIMES#"
BY_DUE, BY_DAY = "by_due", "by_day"


def person(resident_id: str) -> str:
    """The partition of a resident's balances and counters."""
    return f"RESIDENT#{resident_id}"


def transfers_of(resident_id: str) -> str:
    """The partition of a resident's transfers."""
    return f"TRANSFERS#{resident_id}"


def spent(on: date) -> str:
    """The sort key of the points spent on a day."""
    return f"SPENT#{on.isoformat()}"


def earned(on: date) -> str:
    """The sort key of the points earned by deeds on a day."""
    return f"EARNED#{on.isoformat()}"


def deed_key(deed_id: object) -> tuple[str, str]:
    """The key of an awarded deed."""
    return f"DEED#{deed_id}", "DEED"


def coupons_of(resident_id: str) -> str:
    """The partition of a resident's coupons."""
    return f"COUPONS#{resident_id}"


def lot_key(last_on: date) -> str:
    """The sort key of the points that expire after a day."""
    return f"{LOT}{last_on.isoformat()}"


DUE_SHARDS = 8
"""The index of what is due is spread over so many partitions for each kind."""


def due_mark(kind: str, key: str) -> str:
    """The partition of `by_due` for an item of a kind, by a digest of its key."""
    return f"{kind}#{crc32(key.encode()) % DUE_SHARDS}"


SCORE_SHARDS = 4
"""A community's scores lie in so many partitions."""


def scores_of(community_id: str, shard: int) -> str:
    """A partition of a community's scores."""
    return f"SCORES#{community_id}#{shard}"


def score_key(community_id: str, resident_id: str) -> tuple[str, str]:
    """The key of a resident's score in a community."""
    shard = crc32(resident_id.encode()) % SCORE_SHARDS
    return scores_of(community_id, shard), resident_id


def day_mark(community_id: str, on: date) -> str:
    """The partition of `by_day` for a community's deeds of a local day."""
    return f"{community_id}#{on.isoformat()}"


def programme_key(community_id: str) -> tuple[str, str]:
    """The key of a community's programme."""
    return f"PROGRAMME#{community_id}", "PROGRAMME"


def deed_times_key(resident_id: str, deed: str) -> tuple[str, str]:
    """The key of when a resident was awarded a deed."""
    return person(resident_id), f"{TIMES}{deed}"


def redeemed(on: date) -> str:
    """The sort key of how many rewards a resident took on a day."""
    return f"REDEEMED#{on.isoformat()}"


ORDERS = "ORDERS"
"""In a quota's key: points spent on orders; no reward has a name like it."""


def quota_of(community_id: str, reward: str, on: date) -> str:
    """The partition of what a programme gave of a reward, or for `ORDERS`, on a day, in parts."""
    return f"QUOTA#{community_id}#{reward}#{on.isoformat()}"


_PERSONS = {
    "points": ("", POINTS),
    "deposit": ("", DEPOSIT),
    "commission": ("leader/", COMMISSION),
}
"""Accounts of persons: the prefix of the holder and the sort key of the balance."""


def account_of(name: str) -> tuple[str, str] | None:
    """The (holder, sort key) of the balance of a person's account; none of a system account."""
    kind, _, who = name.partition("/")
    if not who or kind not in _PERSONS:
        return None
    prefix, sk = _PERSONS[kind]
    return f"{prefix}{who}", sk


def leader_holder(leader_id: str) -> str:
    """Whose entries a leader's commissions are: apart from their own as a resident."""
    return f"leader/{leader_id}"


MERCHANT, PAID = "merchant/", "PAID"


def merchant_holder(community_id: str, owner_id: str) -> str:
    """Whose entries a merchant's of a community are."""
    return f"{MERCHANT}{community_id}/{owner_id}"


def payout_key(payout_id: object) -> tuple[str, str]:
    """The key of a payment to a merchant."""
    return f"PAYOUT#{payout_id}", "PAYOUT"


def reversal_key(reversal_id: object) -> tuple[str, str]:
    """The key of a command that took a deed back."""
    return f"REVERSAL#{reversal_id}", "REVERSAL"


def reversed_id(transfer_id: str) -> str:
    """The id of the entry that takes a transfer back: there is one at most."""
    return f"{transfer_id}/reversed"


def part_key(part: int) -> str:
    """The sort key of a part of a programme's day."""
    return f"PART#{part}"


def redemption_key(redemption_id: object) -> tuple[str, str]:
    """The key of a redemption."""
    return f"REDEMPTION#{redemption_id}", "REDEMPTION"


def cutoffs_of(community_id: str) -> str:
    """The partition of a community's cut-offs."""
    return f"TIERS#{community_id}"


def tier_holds_of(community_id: str) -> str:
    """The partition of the places in a community's top tier that upheld appeals hold."""
    return f"TIERHOLDS#{community_id}"


def tier_changes_of(community_id: str, resident_id: str) -> str:
    """The partition of a resident's changes of tier in a community."""
    return f"TIER#{community_id}#{resident_id}"
