"""p-values of one-step errors, by a card's calibration and by the series' own errors."""

import numpy as np
import pytest

from service.forecast.surprise import DECILE, RECENT, DeviateMap, Surprise, deviate_of_level, p_value

NORMAL_SCORES = np.abs(np.random.default_rng(0).normal(size=999)) / DECILE
HEAVY = DeviateMap(sorted(np.abs(np.random.default_rng(1).standard_t(3, 99)) / DECILE))
NORMAL = DeviateMap(())


@pytest.mark.parametrize("level", [0.5, 50, 99, 99.99])
def test_the_deviate_of_a_level_leaves_out_what_is_over_it(level):
    assert p_value(deviate_of_level(level)) == pytest.approx(1 - level / 100)


def test_without_a_calibration_a_score_of_one_is_the_outer_decile():
    assert NORMAL.deviate(0.0) == 0
    assert NORMAL.deviate(1.0) == pytest.approx(DECILE)
    assert NORMAL.deviate(9.0) == pytest.approx(9 * DECILE)


def test_the_map_of_a_card_gives_its_scores_their_ranks():
    """Half of the calibration scores are larger than the middle one, and so is the share of normal readings."""
    scores = sorted(NORMAL_SCORES[:99])
    card = DeviateMap(scores)
    assert p_value(card.deviate(scores[49])) == pytest.approx(0.5)
    assert p_value(card.deviate(scores[98])) == pytest.approx(0.01)
    assert p_value(card.deviate(3 * scores[98])) < 1e-4


@pytest.mark.parametrize("scores", [[0.0] * 99, [1.0] * 99, [0.0, 5.0], [2.0]])
def test_a_calibration_of_equal_scores_is_rising_all_the_same(scores):
    card = DeviateMap(scores)
    deviates = [card.deviate(score) for score in (0.0, 0.5, 1.0, 10.0, 1e6)]
    assert all(np.diff(deviates) > 0)
    assert np.isfinite(deviates).all()


@pytest.mark.parametrize("card", [NORMAL, HEAVY])
@pytest.mark.parametrize("count", [0, 3, 200])
def test_the_score_of_a_deviate_is_the_inverse(card, count):
    surprise = Surprise(card)
    for score in NORMAL_SCORES[:count]:
        surprise.add(float(score))
    for deviate in (0.0, 0.3, 1.9, 2.58, 4.0, 9.0):
        assert surprise.deviate(surprise.score(deviate)) == pytest.approx(deviate, abs=1e-9)


def test_the_scale_of_a_series_is_learnt_from_its_scores():
    """Scores that are ten times as large are normal after a while, and the oldest ones are forgotten."""
    surprise = Surprise(HEAVY)
    before = p_value(surprise.deviate(10.0))
    for score in np.concatenate([NORMAL_SCORES[:RECENT], 10 * NORMAL_SCORES[: 2 * RECENT]]):
        surprise.add(float(score))
    assert before < 0.01
    assert 0.1 < p_value(surprise.deviate(10.0)) < 0.4


def test_p_values_of_normal_scores_are_about_uniform():
    surprise, values = Surprise(HEAVY), []
    for score in NORMAL_SCORES:
        values.append(p_value(surprise.deviate(float(score))))
        surprise.add(float(score))
    for share in (0.01, 0.1, 0.5, 0.9):
        assert np.mean(np.array(values[RECENT:]) < share) == pytest.approx(share, abs=0.01 + 0.1 * share)


def test_few_outliers_change_the_scale_little():
    surprise = Surprise(NORMAL)
    for index in range(RECENT):
        surprise.add(1e6 if index % 32 == 5 else float(NORMAL_SCORES[index]))
    assert p_value(surprise.deviate(3.0)) < 0.02


def test_a_series_without_errors_finds_any_error_surprising_and_none_impossible():
    surprise = Surprise(HEAVY)
    for _ in range(RECENT):
        surprise.add(0.0)
    assert p_value(surprise.deviate(0.0)) == 1
    assert 0 <= p_value(surprise.deviate(1e6)) < 1e-9
