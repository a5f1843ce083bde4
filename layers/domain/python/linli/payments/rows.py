"""Payments table: an order's payment, attempts, refunds, messages; notices and where ids lead."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

PAYMENT, KEY, NOTICE = "PAYMENT", "KEY", "NOTICE"
BY_DUE = "by_due"
OPEN, HELD, BY_HAND = "OPEN", "HELD", "BY_HAND"
"""
What `due_mark` begins with: for the sweeper to ask about; waiting for a dispatcher's word; waiting
to be paid out by a person.
"""
DUE_SHARDS = "0123456789abcdef"
"""The last digit of the order's id spreads the index of what is due over so many partitions."""


class PaymentRow(Row):
    """
    pk = ORDER#<order id>, sk = PAYMENT: the order's money.

    `refundable_fen` = captured - refunding - refunded, kept because conditions have no
    arithmetic. `open_attempt_id` is the one attempt that may still succeed as far as we know;
    `captured_by` the one attempt that paid for the order. `extended_until`: the order is not to
    expire before (see `rules.extended`).
    """

    table = Table.PAYMENTS
    community_id = UnicodeAttribute()
    due_fen = NumberAttribute()
    captured_fen = NumberAttribute(default=0)
    refunding_fen = NumberAttribute(default=0)
    refunded_fen = NumberAttribute(default=0)
    refundable_fen = NumberAttribute(default=0)
    state = UnicodeAttribute()
    open_attempt_id = UnicodeAttribute(null=True)
    captured_by = UnicodeAttribute(null=True)
    pay_by = UnicodeAttribute(null=True)
    extended_until = UnicodeAttribute(null=True)


class AttemptRow(Row):
    """
    pk = ORDER#<order id>, sk = ATTEMPT#<attempt id>; never deleted.

    `due_mark` and `due_at` are there as long as somebody must look at it again, in the sparse
    index `by_due`. `excess`: it succeeded, but not for the order; the money goes back.
    """

    table = Table.PAYMENTS
    method = UnicodeAttribute()
    fen = NumberAttribute()
    state = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    resident_id = UnicodeAttribute()
    community_id = UnicodeAttribute()
    resident_digest = UnicodeAttribute(null=True)
    device_digest = UnicodeAttribute(null=True)
    card_digest = UnicodeAttribute(null=True)
    payer_id = UnicodeAttribute(null=True)
    began_at = UnicodeAttribute()
    changed_at = UnicodeAttribute()
    expires_at = UnicodeAttribute()
    points = NumberAttribute(default=0)
    score = UnicodeAttribute(null=True)
    handle = UnicodeAttribute(null=True)
    failure = UnicodeAttribute(null=True)
    provider_id = UnicodeAttribute(null=True)
    excess = BooleanAttribute(null=True)
    tries = NumberAttribute(default=0)
    review_id = UnicodeAttribute(null=True)
    reviewed_by = UnicodeAttribute(null=True)
    review_reason = UnicodeAttribute(null=True)
    due_mark = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class RefundRow(Row):
    """
    pk = ORDER#<order id>, sk = REFUND#<refund id>; never deleted.

    `round` counts the numbers under which the provider was asked: a refund that it closed must
    be asked for anew. `automatic`: its message was told when the money came. `conceded`: out of
    goodwill; the order costs what it cost. `deposit_of` and `transfer_id`: a deposit, given back
    to this resident by that transfer of the ledger. `paid_out_by`: a person, under that command.
    """

    table = Table.PAYMENTS
    attempt_id = UnicodeAttribute()
    method = UnicodeAttribute()
    fen = NumberAttribute()
    total_fen = NumberAttribute()
    reason = UnicodeAttribute()
    state = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    by = UnicodeAttribute()
    began_at = UnicodeAttribute()
    changed_at = UnicodeAttribute()
    automatic = BooleanAttribute(default=False)
    conceded = BooleanAttribute(default=False)
    round = NumberAttribute(default=0)
    tries = NumberAttribute(default=0)
    failure = UnicodeAttribute(null=True)
    community_id = UnicodeAttribute(null=True)
    deposit_of = UnicodeAttribute(null=True)
    transfer_id = UnicodeAttribute(null=True)
    paid_out_by = UnicodeAttribute(null=True)
    paid_out_under = UnicodeAttribute(null=True)
    due_mark = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class ShareRow(Row):
    """pk = ORDER#<order id>, sk = SHARE#<store id>: what a store has had paid back of an order."""

    table = Table.PAYMENTS
    refunded_fen = NumberAttribute(default=0)


class MessageRow(Row):
    """
    pk = ORDER#<order id>, sk = MESSAGE#<attempt or refund id>: one outcome, told once. The
    table's stream makes the event of it (see `events`).
    """

    table = Table.PAYMENTS
    kind = UnicodeAttribute()
    fen = NumberAttribute()
    reason = UnicodeAttribute(null=True)
    at = UnicodeAttribute()


class AttemptKeyRow(Row):
    """pk = ATTEMPT#<attempt id>, sk = KEY: the one order that this attempt is for."""

    table = Table.PAYMENTS
    order_id = UnicodeAttribute()


class NoticeRow(Row):
    """
    pk = NOTICE#<the provider's notification id>, sk = NOTICE: it was taken. `forget_at` (epoch
    seconds) is long after the provider's last repetition.
    """

    table = Table.PAYMENTS
    at = UnicodeAttribute()
    forget_at = NumberAttribute()


class DueRow(Row):
    """Any item of the index `by_due`: keys only; late by nature, so read the item itself."""

    table = Table.PAYMENTS
    due_mark = UnicodeAttribute()
    due_at = UnicodeAttribute()


class PaymentItem(Row):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    table = Table.PAYMENTS
    state = UnicodeAttribute(null=True)
    fen = NumberAttribute(null=True)
    captured_fen = NumberAttribute(null=True)
    refunding_fen = NumberAttribute(null=True)
    refunded_fen = NumberAttribute(null=True)
    refundable_fen = NumberAttribute(null=True)
    captured_by = UnicodeAttribute(null=True)
    open_attempt_id = UnicodeAttribute(null=True)
    excess = BooleanAttribute(null=True)
    automatic = BooleanAttribute(null=True)
    conceded = BooleanAttribute(null=True)
    score = UnicodeAttribute(null=True)
    reviewed_by = UnicodeAttribute(null=True)
    deposit_of = UnicodeAttribute(null=True)
    transfer_id = UnicodeAttribute(null=True)


def due_mark(mark: str, pk: str) -> str:
    """The partition of `by_due` for something of an order, by its partition in the table."""
    return f"{mark}#{pk[-1]}"


def of_order(order_id: str) -> str:
    """The partition of an order's payment."""
    return f"ORDER#{order_id}"


def order_in(pk: str) -> str:
    """The order whose partition this is."""
    return pk.partition("#")[2]


def attempt_sk(attempt_id: str) -> str:
    """The sort key of an attempt."""
    return f"ATTEMPT#{attempt_id}"


def refund_sk(refund_id: str) -> str:
    """The sort key of a refund."""
    return f"REFUND#{refund_id}"


def id_in(sk: str) -> str:
    """The attempt's or refund's id in its sort key."""
    return sk.partition("#")[2]
