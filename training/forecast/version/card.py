"""The card of a network of one series, before and after it is measured."""

from datetime import UTC, datetime
from typing import Any

from numpy.lib.stride_tricks import sliding_window_view

from service.artifacts.card import FORMAT_VERSION, ForecastCard, ReadingLimits, Split, StepErrors, TrainingData
from service.forecast.features.context_features import FORM, HORIZON
from service.forecast.ood import season_correlation
from service.interfaces import Array
from training.data.series import Series
from training.evaluation.rolling import RollingBacktest
from training.export import versions
from training.forecast.fitting.candidates import Candidate
from training.forecast.measuring import splits
from training.forecast.measuring.backtests import rmse_by_step
from training.forecast.options import TrainOptions

MAX_HORIZON = 36
MAX_WINDOWS = 5_000  # that the limits are taken from


def draft(
    candidate: Candidate, series: Series, split: splits.Split, options: TrainOptions, remarks: list[str]
) -> ForecastCard:
    """Return the card without the results of the folds and of the test set; those fields hold placeholders."""
    total, steps, train_size = len(series.readings), split.steps, split.train_size
    reads_context = candidate.reads == "context"

    def part(label: str, begin: int, end: int, use: str) -> Split:
        start, last = series.span(begin, end)
        return Split(name=label, rows=end - begin, use=use, start=start, end=last)

    start, end = series.span(0, total)
    return ForecastCard(
        **unmeasured(options, steps),
        name=candidate.name,
        network=candidate.layers,
        data=TrainingData(
            source=series.source,
            sha256=series.sha256,
            rows=total,
            columns=series.columns,
            start=start,
            end=end,
            frequency=series.frequency if series.request_frequency else None,  # no alias of a retail calendar
            season=series.season_length,
            units=options.series.units,
            audit=remarks,
            reading=series.understood,
        ),
        splits=[
            part("all", 0, total, "the exported network is fitted on it, after every choice was made"),
            part("train", 0, train_size, "the measured network is fitted on it"),
            part("folds", split.first_cut, train_size, "the end of the training part; every choice is made on it"),
            part("test", train_size, total, "looked at once, for the scores; then it calibrates the intervals too"),
        ],
        settings={"kind": candidate.name, "recipe": options.recipe, "preset": options.preset, "steps": steps},
        choice="All seeds answer together: the mean of their forecasts, or of their weights.",
        limits=[
            f"knows one series ({series.source}) up to {end}; other series get a warning, not a good forecast",
            f"steps after {steps} were not measured",
            "the scores are those of a network fitted before the test part; the exported one has learnt from it",
        ],
        reads=candidate.reads,
        features=FORM if candidate.reads == "context" else 1,
        window=candidate.window,
        steps=HORIZON if reads_context else candidate.steps,
        horizon=steps,
        max_horizon=HORIZON if reads_context else max(MAX_HORIZON, steps),
        readings=reading_limits(series.readings[:train_size], candidate.window, series.season_length),
    )


def unmeasured(options: TrainOptions, steps: int) -> dict[str, Any]:
    """Return the fields that every card has before its network is measured; results are placeholders."""
    return {
        "format_version": FORMAT_VERSION,
        "task": "forecast",
        "version": "1",
        "parameters": 0,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_with": versions.made_with("keras", "numpy"),
        "seeds": list(options.seeds),
        "seed": options.seeds[0],
        "scores": [],
        "spread": [],
        "step_errors": StepErrors(
            baseline="seasonal_naive", split="test", model_rmse=[0.0] * steps, baseline_rmse=[0.0] * steps
        ),
    }


def reading_limits(readings: Array, window: int, season_length: int) -> ReadingLimits:
    """Return the range of readings (time,), and the standard deviation and seasonality of their windows."""
    windows = sliding_window_view(readings, window)
    windows = windows[:: -(-len(windows) // MAX_WINDOWS)]
    stds = windows.std(axis=1)
    correlation = None
    if season_length > 1 and window >= 2 * season_length:
        least = min(season_correlation(values, season_length) for values in windows)
        correlation = least if least > 0 else None
    return ReadingLimits(
        minimum=float(readings.min()),
        maximum=float(readings.max()),
        window_std_minimum=float(stds.min()),
        window_std_maximum=float(stds.max()),
        season_correlation_minimum=correlation,
    )


def step_errors(model: RollingBacktest, naive: RollingBacktest, baseline: str) -> StepErrors:
    """Return the RMSE of each step, over the origins that have all steps after them."""
    return StepErrors(
        baseline=baseline, split="test", model_rmse=rmse_by_step(model), baseline_rmse=rmse_by_step(naive)
    )
