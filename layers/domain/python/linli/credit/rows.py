"""Ledger table: a resident's balances and day counters, transfers, and awarded deeds."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table


class BalanceRow(Row):
    """
    pk = RESIDENT#<resident_id>, sk = POINTS (points) or DEPOSIT (fen).

    Made by the first write to it. `available_units` may be spent or refunded; `held_units` is
    pending on the debit side. A pending credit is in neither: it is not yet the resident's.
    `spent_units`: all points that ever left it; what of the lots is gone follows from it. Of a
    merchant, sk = PAID: the one item beside their entries, what they were paid.
    """

    table = Table.LEDGER
    available_units = NumberAttribute(default=0)
    held_units = NumberAttribute(default=0)
    spent_units = NumberAttribute(default=0)


class DayRow(Row):
    """
    pk = RESIDENT#<resident_id>, sk = SPENT#<date> or EARNED#<date>: points that count against
    the cap of that calendar day of the community. Old ones are of no use but to an audit.
    """

    table = Table.LEDGER
    points = NumberAttribute(default=0)
    cap = NumberAttribute(null=True)


class TransferRow(Row):
    """
    pk = TRANSFERS#<resident_id>, sk = <transfer_id>.

    Every transfer has one resident's side, so that the partition is their statement without an
    index. Ids begin with a command's UUIDv7, so that they sort by the time it was made.
    A deed carries its community, whom it was done for, by which device, and `day_mark` for the
    index `by_day`; a pending transfer that lapses by itself stands in `by_due`. `parts`: what an
    order's points took of each part of the programme's day, `<part>:<points>` with spaces between.
    `rule`: how often in how many days a deed could be awarded then, `<times>/<days>`.
    """

    table = Table.LEDGER
    debit = UnicodeAttribute()
    credit = UnicodeAttribute()
    currency = UnicodeAttribute()
    units = NumberAttribute()
    state = UnicodeAttribute()
    reason = UnicodeAttribute()
    at = UnicodeAttribute()
    by = UnicodeAttribute(null=True)
    capped_on = UnicodeAttribute(null=True)
    posted_units = NumberAttribute(null=True)
    settled_at = UnicodeAttribute(null=True)
    community_id = UnicodeAttribute(null=True)
    counterpart = UnicodeAttribute(null=True)
    device = UnicodeAttribute(null=True)
    reverses = UnicodeAttribute(null=True)
    parts = UnicodeAttribute(null=True)
    rule = UnicodeAttribute(null=True)
    day_mark = UnicodeAttribute(null=True)
    due_mark = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class DeedRow(Row):
    """
    pk = DEED#<deed_id>, sk = DEED: who was awarded what, by whom and on what evidence, or why not;
    never changed.
    """

    table = Table.LEDGER
    resident_id = UnicodeAttribute()
    deed = UnicodeAttribute()
    points = NumberAttribute()
    community_id = UnicodeAttribute()
    by = UnicodeAttribute()
    at = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    evidence = UnicodeAttribute(null=True)
    refusal = UnicodeAttribute(null=True)


class CouponRow(Row):
    """
    pk = COUPONS#<resident_id>, sk = <digest of what earned it>: a coupon with its own terms.

    In the index `by_due` while it is available.
    """

    table = Table.LEDGER
    kind = UnicodeAttribute()
    state = UnicodeAttribute()
    terms = UnicodeAttribute()
    source_id = UnicodeAttribute()
    granted_at = UnicodeAttribute()
    expires_at = UnicodeAttribute()
    order_id = UnicodeAttribute(null=True)
    due_mark = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class LotRow(Row):
    """
    pk = RESIDENT#<resident_id>, sk = LOT#<last day>: points granted that expire after that day.

    How many of them are left follows from `spent_units` of the balance: the oldest go first.
    In the index `by_due` until none is left.
    """

    table = Table.LEDGER
    granted_units = NumberAttribute(default=0)
    due_mark = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class ScoreRow(Row):
    """
    pk = SCORES#<community>#<shard>, sk = <resident_id>: deeds there, weighed by when they were
    done (see `score`), and the tier that the last cut-off gave, or since then an appeal whose case
    `raised_by` names.
    """

    table = Table.LEDGER
    weight = NumberAttribute(default=0)
    active_on = UnicodeAttribute(null=True)
    tier = UnicodeAttribute(null=True)
    tier_since = UnicodeAttribute(null=True)
    raised_by = UnicodeAttribute(null=True)


class ProgrammeRow(Row):
    """pk = PROGRAMME#<community>, sk = PROGRAMME: what the city has set, with its ETag."""

    table = Table.LEDGER
    body = UnicodeAttribute()
    etag = UnicodeAttribute()


class CountRow(Row):
    """
    Something counted under a cap: pk = RESIDENT#<resident_id>, sk = REDEEMED#<date>; or a part of a
    programme's day, pk = QUOTA#<community>#<reward>#<date> or QUOTA#<community>#ORDERS#<date> for
    the points spent on orders, sk = PART#<n>. `cap`: the cap when it was last counted.
    """

    table = Table.LEDGER
    counted = NumberAttribute(default=0)
    cap = NumberAttribute(null=True)


class TimesRow(Row):
    """
    pk = RESIDENT#<resident_id>, sk = TIMES#<deed>: when it was awarded, the newest times, as many
    as its rule allows in its window; in milliseconds since 1970, the oldest first, with spaces.
    """

    table = Table.LEDGER
    times = UnicodeAttribute()


class RedemptionRow(Row):
    """pk = REDEMPTION#<id>, sk = REDEMPTION: a reward as it was answered, or refused; for ever."""

    table = Table.LEDGER
    fingerprint = UnicodeAttribute()
    body = UnicodeAttribute(null=True)
    refusal = UnicodeAttribute(null=True)


class AnswerRow(Row):
    """
    pk = PAYOUT#<id> or REVERSAL#<id>, sk = PAYOUT or REVERSAL: a payment to a merchant, a deed
    taken back, as it was answered; for ever.
    """

    table = Table.LEDGER
    fingerprint = UnicodeAttribute()
    body = UnicodeAttribute()


class CutoffRow(Row):
    """pk = TIERS#<community>, sk = <instant>: a cut-off as it was solved, and what it came to."""

    table = Table.LEDGER
    at = UnicodeAttribute()
    active = NumberAttribute()
    least = NumberAttribute()
    most = NumberAttribute()
    top = NumberAttribute()
    entry_weight = NumberAttribute(null=True)
    exit_weight = NumberAttribute(null=True)


class TierChangeRow(Row):
    """pk = TIER#<community>#<resident_id>, sk = <instant>: who moved, and by which figures."""

    table = Table.LEDGER
    tier = UnicodeAttribute()
    why = UnicodeAttribute()
    score = NumberAttribute()
    entry = NumberAttribute()
    exit = NumberAttribute()
    until_on = UnicodeAttribute(null=True)
    words = UnicodeAttribute(null=True)


class TierHoldRow(Row):
    """
    pk = TIERHOLDS#<community>, sk = <resident_id>: a place in the top tier by an upheld appeal, to
    the end of a day; the last one of theirs.
    """

    table = Table.LEDGER
    until_on = UnicodeAttribute()
    case_id = UnicodeAttribute()
    words = UnicodeAttribute()


class DueRow(Row):
    """An item of the index `by_due`, which holds keys alone."""

    table = Table.LEDGER
    due_mark = UnicodeAttribute()
    due_at = UnicodeAttribute()


class LedgerItem(Row):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    table = Table.LEDGER
    available_units = NumberAttribute(null=True)
    held_units = NumberAttribute(null=True)
    points = NumberAttribute(null=True)
    debit = UnicodeAttribute(null=True)
    credit = UnicodeAttribute(null=True)
    currency = UnicodeAttribute(null=True)
    units = NumberAttribute(null=True)
    state = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    capped_on = UnicodeAttribute(null=True)
    parts = UnicodeAttribute(null=True)
    posted_units = NumberAttribute(null=True)
    spent_units = NumberAttribute(null=True)
    granted_units = NumberAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    order_id = UnicodeAttribute(null=True)
    source_id = UnicodeAttribute(null=True)
    at = UnicodeAttribute(null=True)
    settled_at = UnicodeAttribute(null=True)
    reverses = UnicodeAttribute(null=True)
    community_id = UnicodeAttribute(null=True)
    counted = NumberAttribute(null=True)
    cap = NumberAttribute(null=True)
    weight = NumberAttribute(null=True)
    tier = UnicodeAttribute(null=True)
    times = UnicodeAttribute(null=True)
    rule = UnicodeAttribute(null=True)
    raised_by = UnicodeAttribute(null=True)
    least = NumberAttribute(null=True)
    most = NumberAttribute(null=True)
    top = NumberAttribute(null=True)
