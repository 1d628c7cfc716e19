"""Statistical methods on a panel: fitted to every series at the first origin of each part, by several processes.

At the later origins of a part the parameters stay and the state is updated. One fit of each is timed first: what would take
longer than the time allowed is left out and said. A method that fails on a series answers there as the seasonal naive does.
"""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context

import numpy as np

from service.interfaces import Array, Labels
from training.evaluation import baselines
from training.evaluation.baselines import BASELINE
from training.evaluation.rolling import Predictions
from training.forecast.panel.questions import Questions, in_order
from training.forecast.progress import about

NAMES = ("theta", "ets", "mstl_log")
SLOW = ("arima",)  # only where the preset leaves time
MAX_HISTORY = 1000  # readings that are fitted, or ten seasons if those are more
JOBS = 2
Task = tuple[int, list[Array]]  # the season, and the histories that share a fit


@dataclass(frozen=True)
class Trial:
    """Seconds of one fit of each method that there is time for, whatever else runs; `remarks` say what is left out."""

    seconds: Mapping[str, float]
    remarks: list[str] = field(default_factory=list)


def try_out(names: Sequence[str], history: Array, season_length: int, steps: int, fits: int, budget: float) -> Trial:
    """Fit each method once and leave out those that would take more than `budget` seconds for all `fits`."""
    history = _recent(history, season_length)
    seconds: dict[str, float] = {}
    remarks: list[str] = []
    missing = []
    for name in names:
        try:
            _forecast(name, season_length, steps, (), [history])  # what is imported or compiled first is not timed
            begin = time.process_time()
            _forecast(name, season_length, steps, (), [history])
        except baselines.BaselineMissing:
            missing.append(name)
            continue
        each = time.process_time() - begin
        if each * fits / JOBS > budget:
            remarks.append(f"{name} is left out: it would take about {about(each * fits / JOBS)}")
        else:
            seconds[name] = each
    if missing:
        remarks.append(
            f"{', '.join(missing)} are left out: statsforecast is not installed here (make train-forecast has it)"
        )
    return Trial(seconds, remarks)


def answer(names: Sequence[str], questions: Questions, levels: Sequence[float]) -> dict[str, Predictions]:
    """Forecast every question by every method; the questions of a series share a fit."""
    return answer_parts(names, [questions], levels)[0]


def answer_parts(
    names: Sequence[str], parts: Sequence[Questions], levels: Sequence[float]
) -> list[dict[str, Predictions]]:
    """Forecast the questions of several parts, which the same processes share: they take seconds to start."""
    groups = [[np.flatnonzero(part.rows == row) for row in np.unique(part.rows)] for part in parts]
    tasks = [_task(part, group) for part, each in zip(parts, groups, strict=True) for group in each]
    results = _in_processes(partial(_forecast_series, tuple(names), parts[0].steps, tuple(levels)), tasks)
    answers = []
    for each in groups:
        found, results = results[: len(each)], results[len(each) :]
        order: Labels = np.argsort(np.concatenate(each))
        answers.append({name: in_order([given[number] for given in found], order) for number, name in enumerate(names)})
    return answers


def _in_processes(forecast: Callable[[Task], list[Predictions]], tasks: Sequence[Task]) -> list[list[Predictions]]:
    if len(tasks) < 2 * JOBS:
        return [forecast(task) for task in tasks]
    with ProcessPoolExecutor(JOBS, mp_context=get_context("spawn")) as pool:
        return list(pool.map(forecast, tasks, chunksize=max(1, len(tasks) // (8 * JOBS))))


def _task(questions: Questions, group: Labels) -> Task:
    season = int(questions.seasons[group[0]])
    return season, [_recent(questions.histories[index], season) for index in group]


def _recent(history: Array, season_length: int) -> Array:
    return history[-max(MAX_HISTORY, 10 * season_length) :]


def _forecast_series(names: tuple[str, ...], steps: int, levels: tuple[float, ...], task: Task) -> list[Predictions]:
    season, histories = task
    return [_forecast(name, season, steps, levels, histories) for name in names]


def _forecast(name: str, season: int, steps: int, levels: tuple[float, ...], histories: list[Array]) -> Predictions:
    """Forecast from each history with one fit. Raises BaselineMissing; any other failure gives the naive forecast."""
    naive = baselines.method(BASELINE, season)(histories, steps, levels)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            predicted = baselines.method(name, season, refit_every=len(histories))(histories, steps, levels)
        except baselines.BaselineMissing:
            raise
        except Exception:  # whatever an optimizer raises on an odd series
            return naive
    return predicted if np.isfinite(predicted.point).all() else naive
