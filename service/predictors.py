"""The predictor for a bundle's task: what a model does with one request.

`prepare` refuses what the model cannot answer before it is queued; `cut` says what goes into one model call; `predict`
is that call. Neither knows of HTTP.
"""

from service.bundle import Bundle
from service.card import ForecastCard
from service.classifier import Review, Sentiment, SentimentClassifier
from service.forecaster import Forecast, Forecaster, Window
from service.universal import UniversalForecaster
from service.window_forecaster import WindowForecaster

__all__ = [
    "Forecast",
    "Forecaster",
    "Review",
    "Sentiment",
    "SentimentClassifier",
    "UniversalForecaster",
    "Window",
    "WindowForecaster",
    "predictor",
]


def predictor(bundle: Bundle) -> Forecaster | SentimentClassifier:
    """The predictor for a bundle's task."""
    if isinstance(bundle.card, ForecastCard):
        return UniversalForecaster(bundle) if bundle.card.reads == "context" else WindowForecaster(bundle)
    return SentimentClassifier(bundle)
