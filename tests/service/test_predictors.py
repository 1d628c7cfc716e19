"""The predictor of a bundle."""

from service.forecast.context_forecaster import ContextForecaster
from service.forecast.window_forecaster import WindowForecaster
from service.predictors import load_predictor
from service.sentiment.classifier import SentimentClassifier
from tests import fakes


def test_the_card_decides_the_predictor():
    assert isinstance(load_predictor(fakes.forecast_bundle()), WindowForecaster)
    assert isinstance(load_predictor(fakes.universal_bundle()), ContextForecaster)
    assert isinstance(load_predictor(fakes.sentiment_bundle()), SentimentClassifier)
