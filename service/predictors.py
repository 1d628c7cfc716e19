"""The predictor for a bundle's task: what a model does with one request.

`prepare` refuses what the model cannot answer before it is queued; `cut` says what goes into one model call; `predict`
is that call. Neither knows of HTTP.
"""

from service.artifacts.bundle import Bundle
from service.artifacts.card import ForecastCard
from service.forecast.context_forecaster import ContextForecaster
from service.forecast.forecaster import Forecaster
from service.forecast.window_forecaster import WindowForecaster
from service.sentiment.classifier import SentimentClassifier


def load_predictor(bundle: Bundle) -> Forecaster | SentimentClassifier:
    """The predictor for a bundle's task."""
    if isinstance(bundle.card, ForecastCard):
        return ContextForecaster(bundle) if bundle.card.reads == "context" else WindowForecaster(bundle)
    return SentimentClassifier(bundle)
