"""The life of an order: which turn leads from which state to which. Pure, and all of it here."""

from typing import Final, Literal

from linli.kernel.errors import Conflict

State = Literal[
    "placed",
    "frozen",
    "routed",
    "picking",
    "packed",
    "handed_over",
    "stored",
    "delivered",
    "collected",
    "failed",
    "closed",
    "cancelled",
    "expired",
    "refused",
]
Turn = Literal[
    "change",
    "pay",
    "freeze",
    "allocate",
    "postpone",
    "withdraw",
    "route",
    "relay",
    "agree",
    "pick",
    "pack",
    "give_up",
    "hand_part",
    "hand_over",
    "store",
    "deliver",
    "collect",
    "fail",
    "deliver_on_paper",
    "fail_on_paper",
    "close",
    "cancel",
    "expire",
    "revive",
]
_Leads = dict[State, State]

_BEFORE_PICKED: Final[tuple[State, ...]] = ("placed", "frozen", "routed", "picking")
_ON_ITS_WAY: Final[tuple[State, ...]] = ("frozen", "routed", "picking", "packed", "handed_over")


def _all(states: tuple[State, ...], to: State) -> _Leads:
    return dict.fromkeys(states, to)


def _same(*states: State) -> _Leads:
    return {state: state for state in states}


TURNS: Final[dict[Turn, _Leads]] = {
    "change": _same("placed"),
    "pay": _same("placed"),
    "freeze": {"placed": "frozen"},
    "allocate": _same("frozen"),
    # Nobody can bring it with its wave: another slot's takes it, or it ends.
    "postpone": {"frozen": "placed"},
    "withdraw": {"frozen": "cancelled"},
    # A store may be faster at picking than we are at planning.
    "route": {**_all(("frozen", "routed"), "routed"), **_same("picking", "packed")},
    # A courier who stopped gives what is aboard to another.
    "relay": _same("handed_over"),
    "agree": _same(*_BEFORE_PICKED),
    # Only an order that needs no wave is picked as it was placed. Each store tells its own part;
    # the last one packs the order, or gives it up when nothing of it was found.
    "pick": _all(_BEFORE_PICKED, "picking"),
    "pack": _all(_BEFORE_PICKED, "packed"),
    "give_up": _all(_BEFORE_PICKED, "failed"),
    "hand_part": _same("packed"),
    "hand_over": {"packed": "handed_over"},
    "store": {"handed_over": "stored"},
    "deliver": {"handed_over": "delivered"},
    "collect": _all(("packed", "stored"), "collected"),
    "fail": _all(("packed", "handed_over", "stored"), "failed"),
    # Paper is entered long after the fact, and by then nobody knows who reported what.
    "deliver_on_paper": _all(_ON_ITS_WAY, "delivered"),
    "fail_on_paper": _all(_ON_ITS_WAY, "failed"),
    "close": _all(("delivered", "collected", "failed"), "closed"),
    "cancel": {"placed": "cancelled"},
    "expire": {"placed": "expired"},
    "revive": {"expired": "placed"},
}
"""By turn: from which states it may be taken, and where it leads."""

HOLDING: Final[frozenset[str]] = frozenset(
    {"placed", "frozen", "routed", "picking", "packed", "handed_over", "stored"}
)
"""States in which an order holds stock, a place of its slot and credit."""
SERVED: Final[frozenset[str]] = frozenset({"delivered", "collected"})
"""States in which the goods have become the resident's."""
ENDED: Final[frozenset[str]] = SERVED | {"failed", "closed", "cancelled", "expired", "refused"}
"""States in which nobody has to do anything for the order any more."""
STOP_DONE: Final[frozenset[str]] = frozenset(
    {"stored", "delivered", "collected", "failed", "closed"}
)
"""States in which a courier has no more to do for the order."""


def allows(turn: str, before: str, after: str) -> bool:
    """Whether a recorded turn is one of the table's."""
    return any(
        name == turn and state == before and to == after
        for name, leads in TURNS.items()
        for state, to in leads.items()
    )


class OutOfOrder(Conflict):
    """The order's state does not allow this turn; `state` says where it stands."""

    code = "out_of_order"
    title_en = "The order's state does not allow this"
    title_zh = "订单当前状态不允许此操作"


def after(state: State, turn: Turn) -> State:
    """
    The state that `turn` leads to from `state`.

    Raises:
        OutOfOrder: It may not be taken from there.
    """
    try:
        return TURNS[turn][state]
    except KeyError:
        raise OutOfOrder(f"{turn} from {state}", state=state, turn=turn) from None
