"""The life of an order: every turn from every state leads where the table says, or is refused."""

from typing import get_args

import pytest

from linli.orders import states
from linli.orders.states import TURNS, OutOfOrder, State, Turn

STATES: tuple[State, ...] = get_args(State)
NAMES: tuple[Turn, ...] = get_args(Turn)

# The life as people tell it, written down a second time: turn, from, to.
LIFE = """
change placed>placed
pay placed>placed
cancel placed>cancelled
expire placed>expired
revive expired>placed
freeze placed>frozen
allocate frozen>frozen
postpone frozen>placed
withdraw frozen>cancelled
route frozen>routed routed>routed picking>picking packed>packed
relay handed_over>handed_over
agree placed>placed frozen>frozen routed>routed picking>picking
pick placed>picking frozen>picking routed>picking picking>picking
pack placed>packed frozen>packed routed>packed picking>packed
give_up placed>failed frozen>failed routed>failed picking>failed
hand_part packed>packed
hand_over packed>handed_over
store handed_over>stored
deliver handed_over>delivered
collect packed>collected stored>collected
fail packed>failed handed_over>failed stored>failed
deliver_on_paper frozen>delivered routed>delivered picking>delivered packed>delivered handed_over>delivered
fail_on_paper frozen>failed routed>failed picking>failed packed>failed handed_over>failed
close delivered>closed collected>closed failed>closed
"""  # noqa: E501 - a line is a turn
EXPECTED = {
    (turn, *move.split(">"))
    for turn, *moves in (line.split() for line in LIFE.strip().splitlines())
    for move in moves
}


@pytest.mark.parametrize("turn", NAMES)
@pytest.mark.parametrize("state", STATES)
def test_a_turn_leads_where_life_does_and_nowhere_else(state: State, turn: Turn) -> None:
    expected = [to for name, before, to in EXPECTED if (name, before) == (turn, state)]
    if expected:
        assert [states.after(state, turn)] == expected
        assert states.allows(turn, state, expected[0])
        return
    with pytest.raises(OutOfOrder) as refused:
        states.after(state, turn)
    assert refused.value.fields == {"state": state, "turn": turn}
    assert not any(states.allows(turn, state, to) for to in STATES)


def test_every_turn_is_in_the_table_and_every_state_can_be_reached() -> None:
    assert set(TURNS) == set(NAMES)
    reached = {"placed", "refused"} | {to for leads in TURNS.values() for to in leads.values()}
    assert reached == set(STATES)


def test_what_has_ended_stays_ended_but_for_closing_and_paying_late() -> None:
    for turn, leads in TURNS.items():
        for before, to in leads.items():
            if before in states.ENDED:
                assert (turn, before, to) in EXPECTED
                assert turn in ("close", "revive")


def test_an_order_holds_until_it_has_ended() -> None:
    assert states.HOLDING.isdisjoint(states.ENDED)
    assert set(STATES) == states.HOLDING | states.ENDED
