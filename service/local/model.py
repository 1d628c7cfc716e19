"""A loaded model: what it is asked, and data frames as answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..artifacts.card import ForecastCard, SentimentCard
from ..errors import GatecastError, NotOffered
from ..forecast.forecaster import Forecaster
from ..sentiment.classifier import SentimentClassifier
from .forecast_frames import Errors, check_errors, forecast_frame
from .forecasts import Forecasted, check_options, forecast_all
from .series.reading import read_table
from .series.tables import Columns, Table
from .texts import check_explain, judge_all, reasons, text_frame, texts_of

DEFAULT_LEVELS = (80, 95)


class Model:
    """A model version, loaded by `load`. Several threads may use it at the same time."""

    def __init__(self, predictor: Forecaster | SentimentClassifier, path: Path) -> None:
        self.predictor = predictor
        self.path = path

    @property
    def card(self) -> ForecastCard | SentimentCard:
        """The model card: name, version, task, where it was trained, how good it was, what it cannot do."""
        return self.predictor.card

    def __repr__(self) -> str:
        return f"<gatecast.Model {self.card.name}/{self.card.version}: {self.card.task}>"

    def forecast(
        self,
        data: Any,
        horizon: int | None = None,
        levels: Sequence[float] | None = DEFAULT_LEVELS,
        *,
        frequency: str | None = None,
        season: int | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        id: str | None = None,  # noqa: A002
        time: str | None = None,
        value: str | None = None,
        errors: Errors = "raise",
    ) -> pd.DataFrame:
        """Forecast the next readings of one series or many."""
        check_errors(errors)
        options = check_options(self.forecaster, horizon, levels, season, minimum, maximum)
        table = read_table(data, Columns(id, time, value, frequency, errors == "column"))
        outcomes = list(forecast_all(self.forecaster, (series.timeline for series in table.series), options))
        frame = forecast_frame(table, outcomes, options, errors)
        frame.attrs = self._facts(table, outcomes)
        return frame

    def anomalies(
        self,
        data: Any,
        level: float = 99,
        last: int | None = 24,
        *,
        frequency: str | None = None,
        season: int | None = None,
        id: str | None = None,  # noqa: A002
        time: str | None = None,
        value: str | None = None,
        errors: Errors = "raise",
    ) -> pd.DataFrame:
        """Say which of the last readings were not to be expected from those before them."""
        raise NotImplementedError

    def sentiment(self, texts: Any, *, explain: bool = False, errors: Errors = "raise") -> pd.DataFrame:
        """Tell which class each text is of, and how sure that is."""
        check_errors(errors)
        classifier = self.classifier
        check_explain(classifier, explain)
        given, index = texts_of(texts)
        outcomes = list(judge_all(classifier, given, explain=explain))
        if errors == "raise":
            for row, outcome in enumerate(outcomes):
                if isinstance(outcome, GatecastError):
                    raise type(outcome)(f"text {row} (counted from 0): {outcome.detail}", faults=outcome.faults)
        columns: dict[str, Any] = text_frame(classifier, outcomes, nullable=errors == "column")
        if explain:
            columns["explanation"] = pd.Series(reasons(classifier, outcomes), dtype=object).to_numpy()
        return pd.DataFrame(columns, index=index)

    def _facts(self, table: Table, outcomes: Sequence[Forecasted | GatecastError]) -> dict[str, Any]:
        """The skill and the warnings of each series, by its id."""
        done = [(each.id, outcome) for each, outcome in zip(table.series, outcomes, strict=True)]
        known = [(name, outcome) for name, outcome in done if isinstance(outcome, Forecasted)]
        return {
            "skill": {name: outcome.skill(self.forecaster) for name, outcome in known},
            "warnings": {name: [each._asdict() for each in outcome.warnings] for name, outcome in known},
        }

    @property
    def forecaster(self) -> Forecaster:
        """What forecasts. Raises NotOffered for a model of texts."""
        if isinstance(self.predictor, Forecaster):
            return self.predictor
        raise NotOffered(
            f"model '{self.card.name}' reads texts; series are forecast by a forecaster, such as "
            "gatecast.load('models/universal')"
        )

    @property
    def classifier(self) -> SentimentClassifier:
        """What judges texts. Raises NotOffered for a forecaster."""
        if isinstance(self.predictor, SentimentClassifier):
            return self.predictor
        raise NotOffered(
            f"model '{self.card.name}' forecasts; texts are judged by a classifier, such as "
            "gatecast.load('models/sentiment')"
        )
