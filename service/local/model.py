"""A loaded model: what it is asked, and data frames as answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..artifacts.card import ForecastCard, SentimentCard
from ..errors import GatecastError, NotOffered
from ..forecast.forecaster import Forecaster
from ..sentiment.classifier import SentimentClassifier
from .anomalies import JudgedSeries, anomaly_frame, check_anomaly_names, check_anomaly_options, judge_of, judge_series
from .forecast_frames import Errors, check_errors, check_forecast_names, forecast_frame
from .forecasts import Forecasted, check_options, forecast_all
from .series.reading import read_table
from .series.tables import Columns, Table
from .texts import check_explain, first_raised, judge_all, read_texts, reasons, text_frame

DEFAULT_LEVELS = (80, 95)


class Model:
    """A model version, loaded by `load`. Several threads may use it at the same time.

    A pickle of it holds its path alone: a process that reads the pickle loads the files, and checks them, again.
    """

    def __init__(self, predictor: Forecaster | SentimentClassifier, path: Path, threads: int = 1) -> None:
        self.predictor = predictor
        self.path = path
        self._threads = threads

    def __copy__(self) -> "Model":
        return self

    def __deepcopy__(self, _: object) -> "Model":
        return self  # nothing in it changes

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_again, (self.path, self._threads)

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
        """Forecast the next readings of one series or many.

        data: readings, oldest first, in the series' own units, NaN where one is missing (not the last one of a series).
            A list or a numpy array: one series. A pandas Series: one series; a DatetimeIndex, a PeriodIndex or whole numbers
            in the index say when the readings come. A wide data frame: a series in each column, dates in the index. A long
            data frame: a row for each reading; it has a column 'y' or 'unique_id', or `id`, `time`, `value` name them.
            Readings may come in any order of time; a date that is not there is a missing reading.
        horizon: how many steps to forecast, 1 to 1,000. None: the model's own.
        levels: of prediction intervals, in percent, up to five; () for none; None for 80 and 95, as far as the model knows.
        frequency: a pandas offset alias ('MS', 'D', 'h', …) or an ISO 8601 period. None: as the dates have it.
        season: readings in a season. None: that of the frequency, or the one that the readings show.
        minimum, maximum: the least and the greatest reading that can be; forecasts and intervals stay within.
        id, time, value: columns of a long frame; by default 'unique_id' and 'ds', if they are there, and 'y'.
        errors: "column" gives a series that cannot be forecast one row, with its error in a column, and reads text of a long
            frame that is a number as one; "raise" raises the first error.

        Returns a row for each step of each series: [id,] timestamp (or step), forecast (the median), lower_80, upper_80, ….
        Dates are of the type that came in, with their time zone. A long frame's id and time keep their names. Readings
        without dates have steps numbered from 1. attrs["skill"] and attrs["warnings"] have what the service's answer has
        under these names, by series: its id, a Series' name, or None.

        Raises InvalidRequest for an option, DataError for data that cannot be read, TooFewReadings and others of
        `gatecast.InvalidRequest` for readings that cannot be forecast, NotOffered for a model of texts.
        """
        check_errors(errors)
        options = check_options(self.forecaster, horizon, levels, season, minimum, maximum)
        table = read_table(data, Columns(id, time, value, frequency, errors == "column"))
        check_forecast_names(table, options, errors)
        outcomes = list(forecast_all(self.forecaster, (series.timeline for series in table.series), options))
        frame = forecast_frame(table, outcomes, options, errors)
        frame.attrs.update(self._facts(table, outcomes))
        return frame

    def anomalies(
        self,
        data: Any,
        level: float = 99,
        last: int | None = None,
        *,
        frequency: str | None = None,
        season: int | None = None,
        id: str | None = None,  # noqa: A002
        time: str | None = None,
        value: str | None = None,
        errors: Errors = "raise",
    ) -> pd.DataFrame:
        """Say which of the last readings were not to be expected from those before them.

        data, frequency, season, id, time, value: as for `forecast`.
        level: percent of normal readings that lie within the bounds.
        last: how many readings of each series are judged; each needs twelve before it. None: 24, or as many as can be.
        errors: "column" gives a series that cannot be judged one row, with its error in a column; "raise" raises it.

        Returns a row for each judged reading, oldest first: [id,] timestamp (or index: the place among the readings, from
        0), reading, expected, lower, upper (in the series' own units), score (the share of normal readings that are further
        from what was expected, 0 to 1; NaN where the reading is missing) and anomaly. attrs["warnings"] has what there is
        to say, by series.

        Raises NotOffered for a model of one series or of texts, InvalidRequest for an option, and DataError for data that
        cannot be read.
        """
        check_errors(errors)
        options, judge = check_anomaly_options(level, last, season), judge_of(self.forecaster)
        table = read_table(data, Columns(id, time, value, frequency, errors == "column"))
        check_anomaly_names(table, errors)
        outcomes = list(judge_series(judge, (series.timeline for series in table.series), options))
        frame = anomaly_frame(table, outcomes, errors)
        judged = [(each.id, outcome) for each, outcome in zip(table.series, outcomes, strict=True)]
        frame.attrs["warnings"] = {
            name: [notice._asdict() for notice in outcome.warnings]
            for name, outcome in judged
            if isinstance(outcome, JudgedSeries)
        }
        return frame

    def sentiment(self, texts: Any, *, explain: bool = False, errors: Errors = "raise") -> pd.DataFrame:
        """Tell which class each text is of, and how sure that is.

        texts: one string, a list, a numpy array or a pandas Series, whose index the answer keeps.
        explain: whether to say what each word speaks for the label.
        errors: "column" gives a text that cannot be judged its error in a column, and no label; "raise" raises it.

        Returns a row for each text: label, confidence (the label's probability), score (probability of the positive class
        less that of the negative one, −1 to 1; NaN for classes without opposites), uncertain, mixed, p_<class> for each
        class (together 1), warnings (codes, with commas between them; missing where there are none) and, with `explain`,
        explanation: (word, weight) for each word that was read.

        Raises UnreadableText (an InvalidRequest), with the row, for a text that is empty, too long or none; NotOffered for
        a forecaster.
        """
        check_errors(errors)
        classifier = self.classifier
        check_explain(classifier, explain)
        given, index = read_texts(texts)
        outcomes = judge_all(classifier, given, explain=explain)
        if errors == "raise":
            outcomes = first_raised(outcomes)
        kept = list(outcomes) if explain else []
        columns = text_frame(classifier, kept if explain else outcomes, nullable=errors == "column")
        if explain:
            columns["explanation"] = reasons(classifier, given, kept).to_numpy()
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


def _load_again(path: Path, threads: int) -> Model:
    """Return the model of a pickle or a copy."""
    from .loading import load  # which makes models: imported here, because it imports this module

    return load(path, threads=threads)
