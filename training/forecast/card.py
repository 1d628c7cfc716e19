"""What the card of a trained forecaster says, and the golden answers that it leaves."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from service.artifacts.card import FORMAT_VERSION, ForecastCard, ReadingLimits, Split, StepErrors, TrainingData
from service.artifacts.golden import Golden, GoldenCase
from service.forecast.context_features import HORIZON
from service.forecast.forecaster import Forecaster
from service.forecast.ood import season_correlation
from service.interfaces import Array
from training.data.series import Series
from training.evaluation.rolling import RollingBacktest
from training.export import versions
from training.forecast.candidates import FOLD_ENDS, Candidate

MAX_HORIZON = 36
TOLERANCE = 1e-4  # of a golden answer, and of the readings' range


def draft(
    contestant: Candidate,
    series: Series,
    train_size: int,
    seeds: Sequence[int],
    options: argparse.Namespace,
    remarks: list[str],
) -> ForecastCard:
    """The card, but for what the folds and the test part say."""
    total, steps = len(series.readings), options.steps
    context = contestant.reads == "context"

    def part(label: str, begin: int, end: int, use: str) -> Split:
        start, last = series.span(begin, end)
        return Split(name=label, rows=end - begin, use=use, start=start, end=last)

    start, end = series.span(0, total)
    first_fold = round(FOLD_ENDS[0] * train_size)
    return ForecastCard(
        format_version=FORMAT_VERSION,
        task="forecast",
        name=contestant.name,
        version="1",
        network=contestant.layers,
        parameters=0,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        made_with=versions.made_with("keras", "numpy"),
        data=TrainingData(
            source=series.source,
            sha256=series.sha256,
            rows=total,
            columns=series.columns,
            start=start,
            end=end,
            frequency=series.frequency,
            season=series.season,
            units=options.units,
            audit=remarks,
        ),
        splits=[
            part("all", 0, total, "the exported network is fitted on it, after every choice was made"),
            part("train", 0, train_size, "the measured network is fitted on it"),
            part("folds", first_fold, train_size, "the end of the training part; every choice is made on it"),
            part("test", train_size, total, "looked at once, for the scores; then it calibrates the intervals too"),
        ],
        settings={"kind": contestant.name, "recipe": options.recipe, "preset": options.preset, "steps": steps},
        seeds=list(seeds),
        seed=seeds[0],
        choice="All seeds answer together: the mean of their forecasts, or of their weights.",
        scores=[],
        spread=[],
        limits=[
            f"knows one series ({series.source}) up to {end}; other series get a warning, not a good forecast",
            f"steps after {steps} were not measured",
            "the scores are those of a network fitted before the test part; the exported one has learnt from it",
        ],
        reads=contestant.reads,
        window=contestant.window,
        steps=HORIZON if context else contestant.steps,
        horizon=steps,
        max_horizon=HORIZON if context else max(MAX_HORIZON, steps),
        readings=limits_of(series.readings[:train_size], contestant.window, series.season),
        step_errors=StepErrors(
            baseline="seasonal_naive", split="test", model_rmse=[0.0] * steps, baseline_rmse=[0.0] * steps
        ),
    )


def limits_of(readings: Array, window: int, season: int) -> ReadingLimits:
    """Range, spread and seasonality of the windows of a series."""
    windows = sliding_window_view(readings, window)
    stds = windows.std(axis=1)
    repeated = None
    if season > 1 and window >= 2 * season:
        least = min(season_correlation(each, season) for each in windows)
        repeated = least if least > 0 else None
    return ReadingLimits(
        minimum=float(readings.min()),
        maximum=float(readings.max()),
        window_std_minimum=float(stds.min()),
        window_std_maximum=float(stds.max()),
        season_correlation_minimum=repeated,
    )


def step_errors(walk: RollingBacktest, naive: RollingBacktest, baseline: str) -> StepErrors:
    """RMSE by step over the origins that have all steps after them."""
    steps = walk.actual.shape[1]
    ours, theirs = (
        np.sqrt(np.mean(np.square(part.predicted.point - part.actual), axis=0)).tolist()
        for part in (walk.part(steps), naive.part(steps))
    )
    return StepErrors(baseline=baseline, split="test", model_rmse=ours, baseline_rmse=theirs)


def golden_answers(forecaster: Forecaster, readings: Array) -> Golden:
    """A plain window, a longer horizon, a missing reading, intervals, as training's own network answers them."""
    card = forecaster.card
    recent = [float(value) for value in readings[-card.window - 8 :]]
    levels = list(forecaster.levels(None))
    requests = [
        {"readings": recent[-card.window :], "horizon": 1, "levels": []},
        {"readings": recent, "horizon": card.horizon, "levels": levels},
        {"readings": recent, "horizon": min(card.max_horizon, card.horizon + 5), "levels": levels[:1]},
        {"readings": [*recent[:-4], None, *recent[-3:]], "horizon": 3, "levels": []},
    ]
    cases = [GoldenCase(request=r, answer=forecaster.replay(r)) for r in requests]
    return Golden(relative_tolerance=TOLERANCE, absolute_tolerance=TOLERANCE * float(np.ptp(readings)), cases=cases)
