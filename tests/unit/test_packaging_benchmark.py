"""The simulated town obeys its stated model, and the product's own arithmetic."""

from benchmarks.packaging.behaviour import Household, Incentive
from benchmarks.packaging.run import INCENTIVES, POINTS, box_fen_for
from benchmarks.packaging.year import Year, fitted_median, play
from linli.catalogue.packaging import Packaging

MEDIAN, COUNT = 12.5, 60


def year(incentive: Incentive) -> Year:
    return play(incentive, median_yuan=MEDIAN, count=COUNT, seed=3)


def test_a_seed_is_one_year() -> None:
    assert year(POINTS) == year(POINTS)


def test_more_to_gain_brings_more_back_and_nothing_brings_nothing() -> None:
    rates = [year(each).return_rate for each in INCENTIVES]
    nothing, points, coupon, stations, deposit, both, everything = rates
    assert nothing == 0
    assert points < coupon < stations < everything
    assert points < deposit < both < everything


def test_every_box_is_somewhere_at_the_end_of_the_year() -> None:
    for each in INCENTIVES:
        told = year(each)
        assert told.out == told.in_time + told.late + told.converted + len(told.open_boxes)
        assert told.boxes == told.idle + told.converted + told.broken + len(told.open_boxes)


def test_the_fit_gives_the_rate_that_it_was_fitted_to() -> None:
    median = fitted_median(POINTS, 0.31, count=COUNT, seed=3)
    assert abs(play(POINTS, median_yuan=median, count=COUNT, seed=3).return_rate - 0.31) < 0.02


def test_a_coupon_draws_the_more_the_nearer_it_is() -> None:
    incentive = Incentive("coupon", coupon_every=10)
    worth = [Household(1.0, returns=n).gets(incentive) for n in range(10)]
    assert worth == sorted(worth)
    assert abs(sum(worth) - 20) < 1e-9


def test_the_box_price_for_a_change_gives_that_change() -> None:
    told = year(INCENTIVES[-1])
    terms = Packaging(box_fen=3000)
    price = box_fen_for(-0.12, told, terms)
    cost = told.figures(terms.model_copy(update={"box_fen": price})).use_cost_fen
    assert cost is not None
    assert abs(cost - 0.88 * terms.single_use_fen) <= 1
