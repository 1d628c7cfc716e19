"""The model card: the content of `manifest.json` and of `GET /models/{name}/versions/{version}`.

Training writes it once, the service reads it, and nobody changes it. Cards import nothing of ours but their own parts.
"""

from typing import Annotated

from pydantic import Field

from .card_base import Card, Name, Score, SeedStatistics, Split, TrainingData, Version
from .card_forecast import (
    MAX_HORIZON,
    MAX_LAST_READINGS,
    MAX_PANEL,
    Comparison,
    ForecastCard,
    IntervalCalibration,
    LearntSeries,
    NamedSeries,
    ReadingLimits,
    SeasonalShape,
    SeasonWidths,
    SeriesName,
    StepErrors,
)
from .card_sentiment import (
    Calibration,
    ClassName,
    ConfidenceThreshold,
    DomainLimits,
    DomainThreshold,
    Language,
    MixedRule,
    Poles,
    SentimentCard,
    TrainingSet,
)

__all__ = [
    "FORMAT_VERSION",
    "MAX_HORIZON",
    "MAX_LAST_READINGS",
    "MAX_PANEL",
    "SENTIMENT_FORMAT_VERSION",
    "AnyCard",
    "Calibration",
    "Card",
    "ClassName",
    "Comparison",
    "ConfidenceThreshold",
    "DomainLimits",
    "DomainThreshold",
    "ForecastCard",
    "IntervalCalibration",
    "Language",
    "LearntSeries",
    "MixedRule",
    "Name",
    "NamedSeries",
    "Poles",
    "ReadingLimits",
    "Score",
    "SeasonWidths",
    "SeasonalShape",
    "SeedStatistics",
    "SentimentCard",
    "SeriesName",
    "Split",
    "StepErrors",
    "TrainingData",
    "TrainingSet",
    "Version",
]

FORMAT_VERSION = 1  # of a forecaster's card
SENTIMENT_FORMAT_VERSION = 2

AnyCard = Annotated[ForecastCard | SentimentCard, Field(discriminator="task")]
