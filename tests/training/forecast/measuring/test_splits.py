"""How series of any length are split."""

import pytest

from training.data.tables import DataError
from training.forecast.measuring import splits


@pytest.mark.parametrize("count", [24, 25, 30, 36, 48, 64, 72, 84, 100, 119, 204, 397, 5_000, 50_000])
@pytest.mark.parametrize("season_length", [1, 7, 12, 288])
def test_every_length_has_folds_and_a_test_set(count, season_length):
    """Origins lie after the cut, two of the folds and one of the test set have all steps, and all are bounded."""
    split = splits.split(count, season_length, None, None, 36)
    assert 1 <= split.steps <= 14
    assert sum(origin + split.steps <= split.train_size for origin in split.fold_origins) >= 2
    assert split.test_origins[0] + split.steps <= count
    assert all(origin >= fold.cut for fold in split.folds for origin in fold.origins)
    assert max(len(fold.origins) for fold in split.folds) <= splits.MAX_FOLD_ORIGINS
    assert len(split.test_origins) <= splits.MAX_TEST_ORIGINS
    assert list(split.fold_origins) == sorted(set(split.fold_origins))


def test_a_short_series_gets_fewer_steps():
    """An eighth of the readings, at most 14."""
    assert [splits.default_steps(count) for count in (24, 40, 72, 112, 400)] == [3, 5, 9, 14, 14]


def test_below_the_least_length_the_refusal_says_what_works():
    """`universal` answers without training."""
    with pytest.raises(
        DataError, match=r"23 readings are too few .* 24 are needed.*'universal' answers from 4 readings"
    ):
        splits.split(23, 12, None, None, 36)


@pytest.mark.parametrize(("count", "steps", "test_size"), [(60, 30, None), (119, 14, 110), (24, 14, None), (40, 6, 3)])
def test_a_refusal_names_values_that_work(count, steps, test_size):
    """What the message names is accepted."""
    with pytest.raises(DataError, match="works") as refusal:
        splits.split(count, 12, steps, test_size, 36)
    words = str(refusal.value).split()
    values = {word: int(words[number + 1].rstrip(".")) for number, word in enumerate(words) if word.startswith("--")}
    split = splits.split(count, 12, values["--steps"], values.get("--test-size"), 36)
    assert split.steps == values["--steps"]


def test_the_first_fold_waits_until_networks_can_be_fitted():
    """119 months: 64 readings are needed for windows of 36 with 14 steps, more than three fifths of the training set."""
    split = splits.split(119, 12, None, None, 36)
    assert split.can_fit(36 + 2 * 14)
    assert not splits.split(80, 12, None, None, 36).can_fit(36 + 2 * 10)


@pytest.mark.parametrize("count", [80, 90, 100])
def test_the_values_for_networks_let_them_be_fitted(count):
    """A remark names them."""
    values = splits.values_for_networks(count, 14, 36)
    assert values is not None
    steps, size = values
    assert splits.split(count, 12, steps, size, 36).can_fit(36 + 2 * steps)
    assert splits.values_for_networks(40, 14, 36) is None


def test_thinned_origins_fall_on_all_positions_of_the_season():
    """A step of 24 hours would measure one time of day."""
    split = splits.split(20_000, 24, None, None, 72)
    assert split.fold_every > 1
    assert {origin % 24 for origin in split.fold_origins} == set(range(24))
