"""Seeded defects of dispatch, which the flows of offers and rides must notice."""

from tests.simulation.mutants import Mutant

DISPATCH_MUTANTS = (
    Mutant(
        "a route that is taken may be taken by another",
        "offering",
        "linli.waves.desk",
        '        condition=RouteRow.state == "offered",\n',
        '        condition=RouteRow.state != "done",\n',
    ),
    Mutant(
        "an offer that has ended may still be accepted",
        "offering",
        "linli.dispatch.answers",
        '    is_open = OfferRow.state == "open"\n',
        "    is_open = OfferRow.state.exists()\n",
    ),
    Mutant(
        "a courier's routes are not looked at when they take another",
        "offering",
        "linli.dispatch.duty",
        "    if overlaps(others, route.depart_at, route.finish_at):\n",
        "    if False:\n",
        seeds=80,
    ),
    Mutant(
        "a repeated round asks anew",
        "offering",
        "linli.dispatch.propose",
        "            tx.put(row, condition=BodyRow.pk.does_not_exist(), refusal=AlreadyDone())",
        "            tx.put(row)",
        seeds=120,
    ),
    Mutant(
        "an offer that ends stays on its courier's list",
        "offering",
        "linli.dispatch.answers",
        '    tx.delete(PointerRow(courier_key(offer.courier_id), f"{OFFER}{route_id}"))\n',
        "",
    ),
    Mutant(
        "a door is paid as often as it is told of",
        "riding",
        "linli.dispatch.earn",
        "                condition=BodyRow.pk.does_not_exist(),\n"
        "                refusal=AlreadyDone(),\n",
        "",
    ),
    Mutant(
        "who holds the route is paid for what another did",
        "riding",
        "linli.dispatch.earn",
        "        courier_id = route.courier_id if by == PAPER else by\n",
        "        courier_id = route.courier_id if by else by\n",
        seeds=150,
    ),
    Mutant(
        "a conflict is kept over what was applied",
        "riding",
        "linli.dispatch.sync",
        "            tx.put(row, condition=free | again, refusal=AlreadyDone())",
        "            tx.put(row)",
        seeds=120,
    ),
    Mutant(
        "a route that is taken back stays on its courier's list",
        "riding",
        "linli.dispatch.hand_on",
        "                let_go(tx, courier_id, route.route_id)\n",
        "",
    ),
)
