"""How readings are judged: one series or many, by the forecaster of any series, in a few rounds of model calls each."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ..artifacts.card import ForecastCard
from ..errors import DeadlineExceeded, GatecastError, InvalidRequest, Overloaded, UnknownModel
from ..forecast.anomalies import WARNINGS, Judgement, Point, check_last, distribute, questions
from ..forecast.context_forecaster import ContextForecaster
from ..forecast.dates.timestamps import season_of, timestamps
from ..forecast.forecaster import Forecast, SeriesFacts
from ..interfaces import Caller, Notice
from .queues import Answer
from .registry import LoadedForecaster, Registry
from .selection import ForecastOptions, find_eligible
from .turns import Turns, check_any_is_done, models_deadline

MAX_LAST = 256  # readings that are judged in one series
SERIES_AT_ONCE = 4  # of a batch: the first ones are done before the last ones begin


class AnomalyOptions(NamedTuple):
    """What holds for all series of a request."""

    level: float
    last: int | None


class AnomalyQuery(NamedTuple):
    """One series: its readings, oldest first, and optionally the date of the first, their frequency and their season.

    A caller that makes the timestamps itself is not `dated`: its frequency needs no date.
    """

    readings: Sequence[float | None]
    start: datetime | None = None
    frequency: str | None = None
    season: int | None = None
    dated: bool = True


class AnomalyAnswer(NamedTuple):
    """The last readings of one series, judged, and their timestamps."""

    card: ForecastCard
    season_length: int
    points: list[Point]
    timestamps: list[str] | None
    warnings: list[Notice]


class _Judged(NamedTuple):
    """One series that is being judged."""

    judgement: Judgement
    timestamps: list[str] | None
    warnings: list[Notice]


class _Judge:
    """The forecaster of any series, asked for one request."""

    def __init__(self, registry: Registry, options: AnomalyOptions, caller: Caller) -> None:
        """Raises UnknownModel."""
        models = find_eligible(registry, ForecastOptions(None, None, None, None)).any_series
        if not models or not isinstance(models[0].predictor, ContextForecaster):
            raise UnknownModel("no forecaster of any series is loaded, and readings are judged by one")
        self._model: LoadedForecaster = models[0]
        self._predictor = models[0].predictor
        self._options, self._caller = options, caller

    def prepare(self, query: AnomalyQuery) -> _Judged:
        """Check one series. Raises InvalidRequest with all of its faults."""
        try:
            last = check_last(self._options.last, len(query.readings))
            usual = None if query.frequency is None else season_of(query.frequency)
            series = self._predictor.read(query.readings, 1, (), usual, SeriesFacts(query.season))
            judgement = Judgement(query.readings, series, last, self._options.level, self._predictor.deviates)
        except InvalidRequest as error:
            raise error.joined_by(lambda: _timestamps(query, 1)) from None
        warnings = [notice for notice in series.warnings if notice.code in WARNINGS]
        return _Judged(judgement, _timestamps(query, last), warnings)

    async def judge(self, series: Sequence[_Judged], deadline: float, turns: Turns) -> list[AnomalyAnswer | Exception]:
        """Judge some series together: an answer or an error for each."""
        judgements = [each.judgement for each in series]
        failures: dict[int, Exception] = {}
        while asked := questions(judgements, failures):
            items = [item for own in asked.values() for item in own]
            answers = await self._model.batcher.submit_many(items, deadline, self._caller.is_disconnected)
            for place, failure in distribute(judgements, asked, map(self._recorded, answers)):
                if failure is not None:
                    failures[place] = failure
                await turns.pause()
        return [failures.get(place) or self._answer(each) for place, each in enumerate(series)]

    def _recorded(self, answer: Answer[Forecast] | Exception) -> Forecast | Exception:
        if isinstance(answer, Exception):
            return answer
        self._caller.record(
            answer.queue_seconds, answer.compute_seconds, answer.items, answer.started, self._predictor.card
        )
        return answer.result

    def _answer(self, each: _Judged) -> AnomalyAnswer:
        judgement = each.judgement
        return AnomalyAnswer(
            self._predictor.card, judgement.season_length, judgement.points(), each.timestamps, each.warnings
        )


async def judge_one(registry: Registry, options: AnomalyOptions, query: AnomalyQuery, caller: Caller) -> AnomalyAnswer:
    """Judge the last readings of one series. Raises GatecastError."""
    judge = _Judge(registry, options, caller)
    (outcome,) = await judge.judge([judge.prepare(query)], caller.deadline, Turns(caller))
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def judge_many(
    registry: Registry, options: AnomalyOptions, queries: Sequence[AnomalyQuery | GatecastError], caller: Caller
) -> AsyncIterator[AnomalyAnswer | Exception]:
    """Judge many series: an answer or an error for each, in order. Raises GatecastError for all of them.

    A query that is an error already stays that error. A series that is not done by the caller's deadline gets
    DeadlineExceeded; it is raised if no series is done.
    """
    judge = _Judge(registry, options, caller)
    outcomes: list[AnomalyAnswer | Exception] = []
    turns, deadline = Turns(caller), models_deadline(caller)
    for begin in range(0, len(queries), SERIES_AT_ONCE):
        some = queries[begin : begin + SERIES_AT_ONCE]
        try:
            outcomes += await _judge_some(judge, some, deadline, turns)
        except Overloaded as error:
            if begin == 0:
                raise
            outcomes += [Overloaded(error.detail, headers=error.headers) for _ in some]
    check_any_is_done(outcomes)
    for outcome in outcomes:
        yield outcome
        await turns.pause()


async def _judge_some(
    judge: _Judge, queries: Sequence[AnomalyQuery | GatecastError], deadline: float, turns: Turns
) -> list[AnomalyAnswer | Exception]:
    """Judge a few series together. Those that there is no time for get DeadlineExceeded."""
    prepared: list[_Judged | GatecastError] = []
    for query in queries:
        try:
            await turns.next()
            prepared.append(query if isinstance(query, GatecastError) else judge.prepare(query))
        except (InvalidRequest, DeadlineExceeded) as error:
            prepared.append(error)
    judged = iter(await judge.judge([each for each in prepared if isinstance(each, _Judged)], deadline, turns))
    return [next(judged) if isinstance(each, _Judged) else each for each in prepared]


def _timestamps(query: AnomalyQuery, last: int) -> list[str] | None:
    """Timestamps of the last readings, if `start` and `frequency` were sent. Raises InvalidRequest, UnusableFrequency."""
    if not query.dated:
        return None
    if query.start is not None and query.frequency is not None:
        return timestamps(query.start, query.frequency, len(query.readings) - last, last)
    if query.start is not None or query.frequency is not None:
        missing = "frequency" if query.frequency is None else "start"
        raise InvalidRequest("`start` and `frequency` go together", pointer=f"/{missing}")
    return None
