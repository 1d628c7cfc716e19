"""From a bundle to its predictor.

A predictor's `prepare` checks a request before it is queued, `make_batches` says which requests share a model call, and
`predict` is that call. Predictors know nothing of HTTP.
"""

from .artifacts.bundle import Bundle
from .artifacts.card import ForecastCard
from .forecast.context_forecaster import ContextForecaster
from .forecast.forecaster import Forecaster
from .forecast.window_forecaster import WindowForecaster
from .sentiment.classifier import SentimentClassifier


def load_predictor(bundle: Bundle) -> Forecaster | SentimentClassifier:
    """Return the predictor for a bundle's task. Raises TypeError for a bundle that lacks a part."""
    if isinstance(bundle.card, ForecastCard):
        return ContextForecaster(bundle) if bundle.card.reads == "context" else WindowForecaster(bundle)
    return SentimentClassifier(bundle)
