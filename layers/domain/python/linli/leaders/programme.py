"""What a community's programme has come to: discounts by merchant, and commissions."""

from pydantic import BaseModel, Field

from linli import catalogue, credit
from linli.kernel.identity import Caller, Role
from linli.leaders.register import buildings


class MerchantDues(BaseModel):
    """What the programme owes a merchant; the entries are in their account."""

    owner_id: str
    store_ids: list[str]
    earned_fen: int
    paid_fen: int
    owed_fen: int


class ProgrammeAccount(BaseModel):
    """A programme's account: the sum of entries against it, in fen; no order and no resident."""

    community_id: str
    discounts_fen: int = Field(description="Owed to merchants so far, paid ones included")
    commissions_fen: int = Field(description="Owed to leaders so far, less what was taken back")
    promised_fen: int = Field(description="Commissions of orders that are not closed yet")
    balance_fen: int = Field(description="What it has come to: never positive")
    merchants: list[MerchantDues]


def programme_account(community_id: str, *, caller: Caller) -> ProgrammeAccount:
    """
    The account of a community's programme.

    Raises:
        NotFound: The caller is not the community's city.
    """
    caller.require(community_id, Role.CITY)
    stores: dict[str, list[str]] = {}
    for store in catalogue.stores(community_id):
        stores.setdefault(store.owner_id, []).append(store.store_id)
    merchants = [_dues(community_id, who, stores[who]) for who in sorted(stores)]
    leading = {building.leader_id for building in buildings(community_id)}
    owed, promised = 0, 0
    for leader_id in sorted(leading):
        sums = credit.commissions(leader_id, community_id)
        owed, promised = owed + sums.owed_fen, promised + sums.promised_fen
    discounts = sum(each.earned_fen for each in merchants)
    return ProgrammeAccount(
        community_id=community_id,
        discounts_fen=discounts,
        commissions_fen=owed,
        promised_fen=promised,
        balance_fen=-discounts - owed,
        merchants=merchants,
    )


def _dues(community_id: str, owner_id: str, store_ids: list[str]) -> MerchantDues:
    earned, paid = credit.discounts(community_id, owner_id)
    return MerchantDues(
        owner_id=owner_id,
        store_ids=sorted(store_ids),
        earned_fen=earned,
        paid_fen=paid,
        owed_fen=earned - paid,
    )
