"""Judgements of readings: with a forecaster that repeats the level, and with the shipped network on labelled series."""

import numpy as np
import pytest

from service.artifacts import bundle
from service.errors import ModelFault, TooFewReadings
from service.forecast.anomalies import DEFAULT_LAST, MAX_PASSES, Judgement, check_last, distribute, questions
from service.forecast.context_forecaster import ContextForecaster
from service.predictors import load_predictor
from tests import fakes
from tests.processes import ROOT

RNG = np.random.default_rng(0)
NOISE = 50 + RNG.normal(0, 1, 120)


@pytest.fixture(scope="module")
def level():
    """It expects the level, and the outer deciles a mean difference away."""
    forecaster = load_predictor(fakes.universal_bundle(spread=1.0))
    assert isinstance(forecaster, ContextForecaster)
    return forecaster


@pytest.fixture(scope="module")
def universal():
    newest = bundle.versions(ROOT / "models" / "universal")[-1]
    return load_predictor(bundle.load(newest, backend="onnx"))


def judged(forecaster, values, last=None, level=99.0, season=1):
    """The points of the last readings, and how often the forecaster was asked."""
    readings = [None if np.isnan(value) else float(value) for value in values]
    series = forecaster.read(readings, 1, (), season)
    judgement = Judgement(readings, series, check_last(last, len(readings)), level, forecaster.deviates)
    passes = 0
    while items := judgement.items:
        judgement.update(forecaster.predict(items))
        passes += 1
    return judgement.points(), passes


def flagged(points):
    return [point.position for point in points if point.anomaly]


def test_each_of_the_last_readings_gets_a_point(level):
    points, _ = judged(level, NOISE, last=30)
    assert [point.position for point in points] == list(range(90, 120))
    assert [point.reading for point in points] == NOISE[90:].tolist()
    for point in points:
        assert point.lower < point.expected < point.upper
        assert 0 <= point.score <= 1


def test_an_anomaly_is_a_reading_outside_the_bounds_and_its_score_agrees_with_the_level(level):
    points, _ = judged(level, np.where(np.arange(120) % 17 == 16, NOISE + 9, NOISE), last=60, level=95)
    for point in points:
        assert point.anomaly == (not point.lower <= point.reading <= point.upper)
        assert point.anomaly == (point.score < 0.05)
    assert len(flagged(points)) >= 3


def test_a_higher_level_has_wider_bounds(level):
    low, _ = judged(level, NOISE, level=80)
    high, _ = judged(level, NOISE, level=99.9)
    assert all(h.lower < w.lower and w.upper < h.upper for w, h in zip(low, high, strict=True))
    assert [point.score for point in low] == [point.score for point in high]


def test_what_comes_after_a_reading_does_not_change_its_judgement(level):
    """Not even where readings are missing."""
    values = NOISE.copy()
    values[[70, 95, 110]] = np.nan
    values[100] += 20
    later, _ = judged(level, values, last=40)
    earlier, _ = judged(level, values[:112], last=32)
    for first, second in zip(earlier, later, strict=False):
        assert first.position == second.position
        assert first.expected == pytest.approx(second.expected, abs=0.3)


def test_a_missing_reading_has_no_score_and_is_no_anomaly(level):
    values = NOISE.copy()
    values[110] = np.nan
    points, _ = judged(level, values)
    missing = next(point for point in points if point.position == 110)
    assert (missing.reading, missing.score, missing.anomaly) == (None, None, False)
    assert abs(missing.expected - 50) < 2


def test_an_anomaly_does_not_change_what_is_expected_after_it(level):
    values = NOISE.copy()
    values[105] += 30
    points, _ = judged(level, values)
    plain, _ = judged(level, NOISE)
    assert flagged(points) == [105]
    for point, other in zip(points, plain, strict=True):
        assert point.expected == pytest.approx(other.expected, abs=1.0)


def test_a_level_shift_is_believed_after_a_few_readings(level):
    values = NOISE.copy()
    values[100:] += 30
    points, passes = judged(level, values)
    assert flagged(points)[:2] == [100, 101]
    assert flagged(points)[-1] < 108
    assert points[-1].expected > 70
    assert passes <= MAX_PASSES


@pytest.mark.parametrize(
    "values", [np.full(60, 7.0), np.zeros(60), np.full(60, 1e149), np.where(NOISE > 0, -1e-150, 0)]
)
def test_constant_readings_are_as_expected_and_any_other_is_not(level, values):
    points, _ = judged(level, values)
    assert flagged(points) == []
    changed = values.copy()
    changed[-3] += max(1.0, abs(changed[-3]))
    points, _ = judged(level, changed)
    assert changed.size - 3 in flagged(points)
    assert all(np.isfinite([point.lower, point.expected, point.upper, point.score]).all() for point in points)


def test_only_the_last_readings_that_are_read_are_judged(level):
    points, _ = judged(level, np.resize(NOISE, 2000), last=256)
    assert [points[0].position, points[-1].position] == [1744, 1999]


def test_readings_that_nothing_comes_before_cannot_be_judged():
    assert check_last(None, 100) == DEFAULT_LAST
    assert check_last(None, 20) == 8
    assert check_last(256, 10_000) == 256
    with pytest.raises(TooFewReadings, match="at least 13 are needed; 12 were sent") as refusal:
        check_last(None, 12)
    assert [fault.pointer for fault in refusal.value.faults] == ["/readings"]
    with pytest.raises(TooFewReadings, match="the last 18 can be judged; 19 were asked for") as refusal:
        check_last(19, 30)
    assert [fault.pointer for fault in refusal.value.faults] == ["/last"]


# ---- the shipped network on labelled series


def series(rng, season, count=160):
    return 100 + np.resize(rng.normal(0, 8, season), count) + 0.1 * np.arange(count) + rng.normal(0, 2, count)


def spikes(rng, values):
    places = rng.choice(np.arange(104, 159, 5), 3, replace=False)
    values[places] += 14 * rng.choice([-1, 1], 3)
    return set(places.tolist())


def shift(rng, values):
    place = int(rng.integers(110, 150))
    values[place:] += 16 * rng.choice([-1, 1])
    return {place, place + 1}


def missing_peak(rng, values):
    place = int(rng.integers(104, 159))
    values[place] = values.mean() - 18
    return {place}


def test_one_in_a_hundred_normal_readings_is_an_anomaly_at_the_level_of_99(universal):
    """Scores of normal readings are about uniform."""
    rng = np.random.default_rng(11)
    scores = [p.score for season in (12, 7, 24) * 5 for p in judged(universal, series(rng, season), 60, 99, season)[0]]
    for share, tolerance in ((0.01, 0.008), (0.05, 0.02), (0.2, 0.05), (0.5, 0.06)):
        assert np.mean(np.array(scores) < share) == pytest.approx(share, abs=tolerance)


@pytest.mark.parametrize(("spoil", "recall"), [(spikes, 0.95), (shift, 0.9), (missing_peak, 0.9)])
def test_labelled_anomalies_are_found_and_few_others(universal, spoil, recall):
    rng = np.random.default_rng(12)
    found, labelled, others = 0, 0, 0
    for season in (12, 7, 24) * 4:
        values = series(rng, season)
        labels = spoil(rng, values)
        points = set(flagged(judged(universal, values, 60, 99, season)[0]))
        after = {place + distance for place in labels for distance in range(5)} if spoil is shift else labels
        found, labelled, others = found + len(points & labels), labelled + len(labels), others + len(points - after)
    assert found / labelled >= recall
    assert others / (12 * 60) < 0.025


def begun(forecaster, values):
    return Judgement(list(values), forecaster.read(list(values), 1, (), 1), 5, 99.0, forecaster.deviates)


def test_series_that_are_judged_together_are_judged_as_alone(level):
    """Each gets the answers to its own questions, in as many rounds as it needs."""
    values = [NOISE[:30], np.where(np.arange(60) == 57, 90.0, NOISE[:60]), NOISE[:90]]
    judgements = [begun(level, each.tolist()) for each in values]
    while asked := questions(judgements, ()):
        answers = level.predict([item for items in asked.values() for item in items])
        assert [place for place, _ in distribute(judgements, asked, answers)] == list(asked)
    for judgement, each in zip(judgements, values, strict=True):
        alone = judged(level, each, last=5)[0]
        assert [point.anomaly for point in judgement.points()] == [point.anomaly for point in alone]
        expected = [point.expected for point in alone]
        assert [point.expected for point in judgement.points()] == pytest.approx(expected, rel=1e-4)


def test_a_series_with_a_failed_answer_asks_no_more_and_spoils_no_other(level):
    """Its first error is its outcome."""
    judgements = [begun(level, NOISE[:40].tolist()) for _ in range(3)]
    asked = questions(judgements, ())
    items = [(place, item) for place, items in asked.items() for item in items]
    fault = ModelFault("it failed")
    answers = [fault if place == 1 else level.predict([item])[0] for place, item in items]
    assert [failure for _, failure in distribute(judgements, asked, answers)] == [None, fault, None]
    assert 1 not in questions(judgements, {1})
    assert judgements[0].points() == judgements[2].points()
