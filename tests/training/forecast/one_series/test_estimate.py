"""How long a run will take."""

import pytest

from training.forecast.measuring import splits

pytestmark = pytest.mark.slow


def test_the_estimate_grows_with_what_is_fitted():
    """More seeds, more networks and longer seasons take longer; 397 months with one seed take a few minutes."""
    from training.forecast.fitting.candidates import candidate_names
    from training.forecast.one_series import estimate

    names, statistics = list(candidate_names("tuned")), ["ets", "arima", "mstl_log", "theta"]
    split = splits.split(397, 12, None, 147, 36)
    quick = estimate.seconds(names, statistics, split, 12, 1, False)
    assert 90 < quick < 300
    assert estimate.seconds(names, statistics, split, 12, 3, False) > 2 * quick
    assert estimate.seconds(["gru"], statistics, split, 12, 1, False) < quick / 2
    assert estimate.network("gru", 48) > estimate.network("gru", 12)
    assert estimate.fitted_networks(["ensemble"]) == ["simple_rnn", "lstm14", "time_distributed", "gru", "level"]
