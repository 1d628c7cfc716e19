"""The candidates of a recipe, and how one is cross-validated."""

import numpy as np
import pytest

from training.data.tables import DataError

pytestmark = pytest.mark.slow


def pool(recipe):
    from training.forecast.fitting.candidates import CandidatePool

    return CandidatePool(recipe, 12, 14, 100, None, on_fit=lambda: None)


@pytest.mark.parametrize(
    ("recipe", "name"), [("tuned", "transformer"), ("tuned", "finetuned"), ("tutorial", "ensemble")]
)
def test_a_candidate_that_the_recipe_does_not_have_is_an_error(recipe, name):
    """Without a pretrained network there is no `finetuned`; the tutorial has no ensemble."""
    with pytest.raises(DataError, match=f"no forecaster is named '{name}'"):
        pool(recipe).select([name])


def test_tuned_candidates_give_all_steps_and_the_tutorials_give_one():
    """Except for the tutorial's `lstm14`."""
    tuned = pool("tuned").select(["gru", "ensemble"])
    tutorial = pool("tutorial").select(["gru", "lstm14"])
    assert [(c.name, c.window, c.steps) for c in tuned] == [("gru", 36, 14), ("ensemble", 36, 14)]
    assert [(c.name, c.window, c.steps) for c in tutorial] == [("gru", 15, 1), ("lstm14", 15, 14)]
    assert tuned[1].layers.count(";") == 4


def test_errors_that_are_not_known_are_left_out():
    from training.evaluation import metrics

    assert metrics.rmse(np.array([[3.0, np.nan], [4.0, np.nan]])) == pytest.approx(12.5**0.5)
