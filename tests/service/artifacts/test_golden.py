"""Golden answers: the serving path must give what training's evaluation gave."""

import pytest

from service.artifacts.files import BundleError
from service.artifacts.golden import Golden, GoldenCase, verify
from service.forecast.window_forecaster import WindowForecaster
from tests import fakes
from tests.fakes import READINGS


def golden(request, answer):
    """Golden answers of one case."""
    return Golden(relative_tolerance=1e-4, absolute_tolerance=1e-4, cases=[GoldenCase(request=request, answer=answer)])


def test_a_golden_answer_that_is_right_is_accepted():
    bundle = fakes.forecast_bundle()
    verify(WindowForecaster(bundle), bundle.golden, "gru/1")


def test_a_golden_answer_that_differs_is_refused_with_the_difference():
    wrong = fakes.forecast_bundle(answer=61.0)
    with pytest.raises(BundleError, match=r"golden case 1 differs by up to 0\.99"):
        verify(WindowForecaster(wrong), wrong.golden, "gru/1")


def test_a_golden_request_that_is_refused_is_named():
    short = golden({"readings": [1.0]}, [1.0])
    with pytest.raises(BundleError, match="golden case 1 is refused"):
        verify(WindowForecaster(fakes.forecast_bundle()), short, "gru/1")


def test_a_network_that_does_not_fit_its_card_is_refused_by_name():
    def broken(*arrays):
        raise ValueError("shapes")

    misfit = fakes.forecast_bundle(run=broken)
    with pytest.raises(BundleError, match="gru/1: golden case 1 fails: ValueError"):
        verify(WindowForecaster(misfit), misfit.golden, "gru/1")


def test_an_answer_of_another_length_is_refused():
    longer = golden({"readings": READINGS}, [60.0, 70.0])
    with pytest.raises(BundleError, match="golden case 1 has 2 numbers, the model gave 1"):
        verify(WindowForecaster(fakes.forecast_bundle()), longer, "gru/1")
