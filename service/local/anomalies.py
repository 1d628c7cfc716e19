"""Series → which of their last readings were not to be expected → a data frame.

Series are judged a few at a time, in a few rounds of model calls, as POST /anomalies/batch judges them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import GatecastError, InvalidRequest, NotOffered
from ..forecast.anomalies import WARNINGS, Judgement, Point, check_last, distribute, questions
from ..forecast.context_forecaster import ContextForecaster
from ..forecast.features.context_features import CONTEXT
from ..forecast.forecaster import MAX_SEASON, Forecaster, SeriesFacts
from ..interfaces import Notice
from .forecast_frames import Errors, label_column, label_name, no_label
from .forecasts import ask_all, of_series, pieces, usual_season, whole
from .names import check_names
from .scoring.columns import text, truth
from .series.axes import STEP
from .series.grids import Dates
from .series.tables import Table
from .series.timelines import Timeline

AT_ONCE = 32  # series whose judged readings share the model's calls
MAX_LEVEL = 99.99
NUMBERS = ("reading", "expected", "lower", "upper", "score")


class AnomalyOptions(NamedTuple):
    """What holds for all series of a call, checked."""

    level: float
    last: int | None
    season: int | None


class JudgedSeries(NamedTuple):
    """One series, its last readings judged, and what there is to say of it."""

    timeline: Timeline
    points: list[Point]
    warnings: list[Notice]


class _Started(NamedTuple):
    """One series that is being judged."""

    timeline: Timeline
    judgement: Judgement
    warnings: list[Notice]


def judge_of(predictor: Forecaster) -> ContextForecaster:
    """Return the forecaster that judges readings. Raises NotOffered for one of a single series."""
    if isinstance(predictor, ContextForecaster):
        return predictor
    raise NotOffered(
        f"model '{predictor.card.name}' knows one series; readings are judged by a forecaster of any series, such as "
        "gatecast.load('models/universal')"
    )


def check_anomaly_options(level: Any, last: int | None, season: int | None) -> AnomalyOptions:
    """Return options that are checked. Raises InvalidRequest."""
    is_number = isinstance(level, int | float | np.number) and not isinstance(level, bool)
    if not is_number or not 0 < level <= MAX_LEVEL:
        raise InvalidRequest(
            f"`level` is the percentage of normal readings that lie within the bounds: above 0, up to {MAX_LEVEL}",
            pointer="/level",
        )
    return AnomalyOptions(
        float(level),
        None if last is None else whole("last", last, CONTEXT),
        None if season is None else whole("season", season, MAX_SEASON),
    )


def judge_series(
    predictor: ContextForecaster, series: Iterable[Timeline | InvalidRequest], options: AnomalyOptions
) -> Iterator[JudgedSeries | GatecastError]:
    """Yield each series judged, or its error, in order. What is an error already stays it."""
    for some in pieces(series, AT_ONCE):
        started = [each if isinstance(each, InvalidRequest) else _start(predictor, each, options) for each in some]
        judged = iter(_judge(predictor, [each for each in started if isinstance(each, _Started)]))
        yield from (next(judged) if isinstance(each, _Started) else each for each in started)


def _start(predictor: ContextForecaster, series: Timeline, options: AnomalyOptions) -> _Started | InvalidRequest:
    readings = series.listed()
    try:
        last = check_last(options.last, len(readings))
        read = predictor.read(readings, 1, (), usual_season(series.grid.frequency), SeriesFacts(options.season))
        judgement = Judgement(readings, read, last, options.level, predictor.deviates)
    except InvalidRequest as error:
        return error
    return _Started(series, judgement, [notice for notice in read.warnings if notice.code in WARNINGS])


def _judge(predictor: ContextForecaster, series: Sequence[_Started]) -> list[JudgedSeries | GatecastError]:
    """Ask the model until no judgement has a question left."""
    judgements = [each.judgement for each in series]
    failures: dict[int, GatecastError] = {}
    while asked := questions(judgements, failures):
        answers = ask_all(predictor, [item for items in asked.values() for item in items])
        found = distribute(judgements, asked, answers)
        failures.update((place, failure) for place, failure in found if failure is not None)
    return [
        failures.get(place) or JudgedSeries(each.timeline, each.judgement.points(), each.warnings)
        for place, each in enumerate(series)
    ]


def check_anomaly_names(table: Table, errors: Errors) -> None:
    """Raise DataError if a column of the answer has the name of the ids' or the times'."""
    results = [*NUMBERS, "anomaly", *(["error"] if errors == "column" else [])]
    check_names(table.id_name, label_name(table.axis, table.time_name, "index"), results)


def anomaly_frame(table: Table, outcomes: Sequence[JudgedSeries | GatecastError], errors: Errors) -> pd.DataFrame:
    """Return the judged readings as columns. With errors="raise" the first error is raised."""
    for series, outcome in zip(table.series, outcomes, strict=True):
        if isinstance(outcome, GatecastError) and errors == "raise":
            raise of_series(outcome, series)
    has_errors = errors == "column"
    counts = [len(each.points) if isinstance(each, JudgedSeries) else 1 for each in outcomes]
    columns: dict[str, Any] = {}
    if table.ids is not None and table.id_name is not None:
        columns[table.id_name] = table.ids.repeat(counts)
    name = label_name(table.axis, table.time_name, "index")
    columns[name] = label_column(table.axis, [_labels(table, each) for each in outcomes], nullable=has_errors)
    points = [point for each in outcomes for point in _points(each)]
    for field in NUMBERS:
        columns[field] = np.array([getattr(point, field) for point in points], dtype=np.float64)
    flags = [None if point.position < 0 else point.anomaly for point in points]
    columns["anomaly"] = truth(flags) if has_errors else np.array(flags, dtype=bool)
    if has_errors:
        details = [each.detail if isinstance(each, GatecastError) else None for each in outcomes]
        columns["error"] = text(details).repeat(counts)
    return pd.DataFrame(columns)


def _points(outcome: JudgedSeries | GatecastError) -> list[Point]:
    nothing = float("nan")
    if isinstance(outcome, JudgedSeries):
        return outcome.points
    return [Point(-1, None, nothing, nothing, nothing, None, False)]


def _labels(table: Table, outcome: JudgedSeries | GatecastError) -> Dates:
    """The labels of judged readings, which are the last ones; without any, their places among the readings given."""
    if isinstance(outcome, GatecastError):
        return no_label(table.axis)
    timeline, count = outcome.timeline, len(outcome.timeline.readings)
    if table.axis.kind == STEP:
        return np.arange(timeline.offset + count - len(outcome.points), timeline.offset + count)
    return timeline.labels(count - len(outcome.points), count)
