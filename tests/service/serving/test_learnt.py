"""Which network of one series answers unasked, if any."""

import math
from dataclasses import replace

import pytest

from service.artifacts.card import LearntSeries, NamedSeries, TrainingData
from service.serving.learnt import best_of_each_series, consider
from service.serving.selection import ForecastQuery, find_eligible
from tests import fakes
from tests.service.serving.forecasters import DEFAULTS, JANUARY, model, with_registry

READINGS = [50 + 10 * math.sin(i * i) for i in range(40)]
LEARNT = LearntSeries(last_readings=READINGS[-24:])
MONTHLY = TrainingData(source="made up", sha256="0" * 64, rows=100, columns={}, frequency="MS")


def learnt(name, ratio=0.9, **changes):
    """A network that has learnt READINGS, with so many times the error of the forecaster of any series."""
    return model(name, **({"learnt_series": LEARNT, "comparison": fakes.comparison(ratio)} | changes))


def considered(bundles, readings=READINGS, frequency=None, season=None):
    """The name of the network that is to answer, and why the others are not."""

    async def work(registry):
        match, refused = consider(best_of_each_series(registry, None), readings, frequency, season)
        return match and match.network.model.predictor.card.name, {each.model: each.refused for each in refused}

    return with_registry(bundles, work)


def test_readings_that_continue_a_learnt_series_go_to_its_network():
    assert considered([learnt("a")]) == ("a", {})


def test_of_the_networks_of_one_series_the_best_is_considered():
    assert considered([learnt("a", 0.95), learnt("b", 0.8), learnt("c", comparison=None)]) == ("b", {})


def test_of_two_learnt_series_that_with_the_greater_gain_goes_first():
    assert considered([learnt("a", 0.95), learnt("b", 0.8, data=MONTHLY)], frequency=None)[0] == "b"


@pytest.mark.parametrize(
    ("network", "readings", "frequency", "reason"),
    [
        (learnt("a", comparison=None), READINGS, None, "not_compared"),
        (learnt("a", learnt_series=None), READINGS, None, "not_compared"),
        (learnt("a", 1.0), READINGS, None, "not_better"),
        (learnt("a", data=MONTHLY), READINGS, "h", "other_frequency"),
        (learnt("a", window=41), READINGS, None, "too_few_readings"),
        (learnt("a"), READINGS[:-1], None, "no_overlap"),
    ],
)
def test_a_network_that_does_not_answer_says_why(network, readings, frequency, reason):
    assert considered([network], readings, frequency) == (None, {"a": reason})


def test_a_network_of_another_season_than_the_one_told_does_not_answer():
    network = learnt("a", data=MONTHLY.model_copy(update={"season": 12}))
    assert considered([network], season=7) == (None, {"a": "other_season"})
    assert considered([network], season=12) == ("a", {})


def test_a_network_that_learnt_no_frequency_answers_at_any():
    assert considered([learnt("a")], frequency="h") == ("a", {})


def test_a_long_list_of_networks_is_cut():
    bundles = [learnt(f"m{i}", series=str(i), learnt_series=None) for i in range(9)]
    assert len(considered(bundles)[1]) == 4


def choose(bundles, query, options=DEFAULTS):
    async def work(registry):
        prepared = find_eligible(registry, options).choose(query)
        return prepared.model.predictor.card.name, prepared.selection

    return with_registry(bundles, work)


def test_the_network_of_the_series_answers_before_that_of_any_series():
    """Both are listed with their errors on the same origins, over one baseline's."""
    name, selection = choose([learnt("a", 0.9), fakes.universal_bundle("any")], ForecastQuery(READINGS))
    assert (name, selection.rule) == ("a", "learnt_series")
    assert [(each.model, each.ratio, each.refused) for each in selection.candidates] == [
        ("a", 0.45, None),
        ("any", 0.5, "not_better"),
    ]


def panel(name, **series):
    """A network that has learnt the last of these readings."""
    named = [NamedSeries(id=id_, last_readings=readings[-24:]) for id_, readings in series.items()]
    return learnt(name, learnt_series=None, learnt_panel=named)


STORES = {f"store_{number}": [reading + number * 7 for reading in READINGS] for number in range(20)}


def test_a_network_of_many_series_answers_for_each_of_them_and_says_which():
    """Unasked, and only for readings that continue one of them."""
    bundles = [panel("shops", **STORES), fakes.universal_bundle("any")]
    name, selection = choose(bundles, ForecastQuery([*STORES["store_12"], 50.0, 51.0]))
    assert (name, selection.rule, selection.series) == ("shops", "learnt_series", "store_12")
    name, selection = choose(bundles, ForecastQuery([reading + 3 for reading in READINGS]))
    assert (name, selection.rule, selection.series) == ("any", "any_series", None)
    assert selection.candidates[-1].refused == "no_overlap"


def test_a_network_of_one_series_names_no_series():
    """There is but one."""
    _, selection = choose([learnt("a"), fakes.universal_bundle("any")], ForecastQuery(READINGS))
    assert (selection.rule, selection.series) == ("learnt_series", None)


def test_a_network_of_many_series_without_limits_is_none_of_any_series():
    """It is asked for those that it has learnt alone, although its card bounds no readings."""
    shops = fakes.universal_bundle("shops")
    learnt_panel = panel("shops", **STORES).card.learnt_panel
    card = shops.card.model_copy(update={"learnt_panel": learnt_panel, "comparison": fakes.comparison(0.9)})
    bundles = [replace(shops, card=card), fakes.universal_bundle("zero")]
    assert choose(bundles, ForecastQuery([1.0, 2.0] * 20))[0] == "zero"
    assert choose(bundles, ForecastQuery(STORES["store_12"]))[0] == "shops"


def test_a_network_that_refuses_the_readings_gives_way():
    """Too many of its window are missing; the forecaster of any series can do with fewer."""
    readings = [None if i in (35, 37) else r for i, r in enumerate(READINGS)]
    name, selection = choose([learnt("a"), fakes.universal_bundle("any")], ForecastQuery(readings, JANUARY, "MS"))
    assert (name, selection.rule) == ("any", "any_series")
    assert selection.candidates[-1].refused == "unsuitable"
