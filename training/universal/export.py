"""Measure a trained universal network on synthetic series that it has not seen, and write it as a version.

The intervals are calibrated on these series, and the card gives the errors on them. `training/zero_shot/` measures
the network on real series.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import keras
import numpy as np
from numpy.random import Generator

from service.artifacts import bundle
from service.artifacts.card import (
    FORMAT_VERSION,
    ForecastCard,
    IntervalCalibration,
    Score,
    Split,
    StepErrors,
    TrainingData,
)
from service.artifacts.golden import Golden, GoldenCase
from service.forecast.features.context_features import (
    CONTEXT,
    FORM,
    HORIZON,
    QUANTILES,
    ContextFeatures,
    context_features,
    quantiles,
)
from service.forecast.forecaster import Forecaster
from service.interfaces import Array, Network
from training.data.sets import SeriesSet
from training.evaluation.conformal import calibrate_intervals
from training.export import versions
from training.networks.universal import LAYERS, NAME
from training.universal import batches, calendar, fitting, synthetic
from training.universal.batches import BATCH, MAX_TARGET
from training.universal.widths import measure_widths, with_aggregates

WINDOW = 4  # the fewest readings that it needs
DEFAULT_HORIZON = 14
HELD_OUT = 60  # batches, made with another seed than the training batches
TIMES = (24, 48, 96, 192, 400, 800)  # readings of the held-out series
GOLDEN_TOLERANCE = 1e-4


class HeldOut:
    """Forecasts of held-out series: all (rows, HORIZON), in units of each series' mean seasonal difference."""

    def __init__(self, model: keras.Model, seed: int, batches: int) -> None:
        network = versions.runner(model)
        parts = [_forecast(network, np.random.default_rng((seed, number))) for number in range(batches)]
        self.actual, self.naive, below, self.median, above = (np.concatenate(part) for part in zip(*parts, strict=True))
        error = self.actual - self.median
        self._scores = np.abs(error) / np.maximum(np.where(error > 0, above, below), 1e-9)

    def calibration(self) -> IntervalCalibration:
        """Return the conformal calibration: errors over the distance of the 10 % or 90 % quantile from the median."""
        return calibrate_intervals(self._scores, "spread", f"{len(self._scores):,} held-out synthetic series")

    def step_errors(self) -> StepErrors:
        """Return the RMSE of every step, of the median and of the seasonal naive forecast."""
        return StepErrors(
            baseline="seasonal_naive",
            split="held-out synthetic series, in units of their mean seasonal difference",
            model_rmse=self._rmse(self.median),
            baseline_rmse=self._rmse(self.naive),
        )

    def _rmse(self, forecast: Array) -> list[float]:
        rmse: list[float] = np.sqrt(np.mean(np.square(forecast - self.actual), axis=0)).tolist()
        return rmse

    def scores(self) -> list[Score]:
        """Return the mean absolute error of the first `DEFAULT_HORIZON` steps, of the naive forecast and the median."""
        return [
            Score(
                split="held-out synthetic",
                subject=subject,
                steps=f"1-{DEFAULT_HORIZON}",
                count=len(self.actual),
                metrics={"mase": float(np.abs(forecast - self.actual)[:, :DEFAULT_HORIZON].mean())},
            )
            for subject, forecast in (("seasonal_naive", self.naive), ("model", self.median))
        ]


def _forecast(network: Network, rng: Generator) -> tuple[Array, ...]:
    """Forecast one batch of new series.

    Returns five arrays (BATCH, HORIZON): actual readings, seasonal naive forecast, distance of the 10 % quantile below
    the median, median, distance of the 90 % quantile above it.
    """
    time = int(rng.choice(TIMES))
    season_length = batches.choose_season_length(rng, time)
    series = synthetic.sample(rng, BATCH, time + HORIZON, season_length)
    past, future = series[:, :time], series[:, time:]
    features = context_features(past, np.full(len(past), time), np.ones(past.shape, bool), season_length, HORIZON)
    predicted = quantiles(features, network(features.readings, features.steps)["output"])
    lag = season_length if season_length < time else 1
    naive = past[:, np.arange(HORIZON) % lag - lag]
    low, middle, high = predicted[..., 0], predicted[..., QUANTILES.index(0.5)], predicted[..., -1]
    return tuple(
        _scaled(values, features)
        for values in (future, naive, middle - low + features.base, middle, high - middle + features.base)
    )


def _scaled(values: Array, features: ContextFeatures) -> Array:
    return np.clip((values - features.base) / features.scale, -MAX_TARGET, MAX_TARGET)


def export(
    model: keras.Model,
    seed: int,
    steps: int,
    models_dir: Path,
    held_out_batches: int = HELD_OUT,
    validation: Sequence[SeriesSet] = (),
) -> Path:
    """Write the next version of `universal`, verified in both engines, and return its path.

    `seed` and `steps` are those of the training; the `validation` series tell the widths of the intervals. Raises
    BundleError where the version does not give the golden answers.
    """
    held_out = HeldOut(model, seed + 1, held_out_batches)
    card = _card(model, seed, steps, bundle.next_version(models_dir, NAME), held_out)
    if validation:
        card = _with_widths(card, model, validation)
    golden = golden_answers(versions.in_memory(card, None, model))
    path, _ = versions.save_forecaster(models_dir, card, golden, model)
    return path


def _with_widths(card: ForecastCard, model: keras.Model, validation: Sequence[SeriesSet]) -> ForecastCard:
    forecaster = versions.in_memory(card, None, model)
    assert card.calibration is not None
    widths = measure_widths(forecaster, with_aggregates(validation))
    split = Split(
        name="validation",
        rows=sum(len(each.series) for each in validation),
        use=f"real series of {', '.join(each.name for each in validation)}; they decide the inputs and the generator, and "
        "the widths of the intervals",
    )
    calibration = card.calibration.model_copy(update={"widths": widths})
    return card.model_copy(update={"calibration": calibration, "splits": [*card.splits, split]})


def generator_sha256() -> str:
    """Return the SHA-256 of the generator's sources, one after the other."""
    return sha256(b"".join(Path(str(module.__file__)).read_bytes() for module in (synthetic, calendar))).hexdigest()


def _card(model: keras.Model, seed: int, steps: int, version: str, held_out: HeldOut) -> ForecastCard:
    return ForecastCard(
        format_version=FORMAT_VERSION,
        task="forecast",
        name=NAME,
        version=version,
        network=LAYERS,
        parameters=model.count_params(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        made_with=versions.made_with("keras", "numpy", "scipy"),
        data=TrainingData(
            source="synthetic series made by training/universal/synthetic.py and calendar.py; no real reading",
            sha256=generator_sha256(),
            rows=steps * BATCH,
            columns={},
            audit=["the SHA-256 is that of the generator's sources: series are made while training"],
        ),
        splits=[
            Split(name="train", rows=steps * BATCH, use=f"series made from seed {seed}, each seen once"),
            Split(
                name="held-out synthetic",
                rows=len(held_out.actual),
                use=f"series made from seed {seed + 1}; calibrate the intervals and give the scores",
            ),
        ],
        settings={
            "kind": NAME,
            "batches": steps,
            "batch": BATCH,
            "learning_rate": fitting.LEARNING_RATE,
            "optimizer": "Adam; the rate rises, stays, and falls over the last 30 % of the batches",
            "loss": "mean pinball loss of nine quantiles, in units of the seasonal difference",
        },
        seeds=[seed],
        seed=seed,
        choice="One seed was trained; its inputs, its size and the generator were chosen on real validation series.",
        scores=held_out.scores(),
        spread=[],
        limits=[
            f"reads up to {CONTEXT} readings; what lies before them is not seen",
            f"forecasts up to {HORIZON} steps; a season longer than the readings is not seen",
            "knows no holidays by date, no other series and no events",
        ],
        reads="context",
        features=FORM,
        window=WINDOW,
        steps=HORIZON,
        horizon=DEFAULT_HORIZON,
        max_horizon=HORIZON,
        step_errors=held_out.step_errors(),
        calibration=held_out.calibration(),
    )


def golden_answers(forecaster: Forecaster) -> Golden:
    """Return synthetic requests with the network's answers: short and long, seasonal and not, with a missing reading."""
    rng = np.random.default_rng(0)
    wave = [100 + 0.2 * t + 10 * float(np.sin(2 * np.pi * t / 12)) + float(rng.normal()) for t in range(96)]
    random_walk = np.cumsum(rng.normal(size=40)).tolist()
    requests = [
        {"readings": wave, "horizon": 14, "levels": [80, 95]},
        {"readings": [*wave[:30], None, *wave[31:60]], "horizon": 3, "levels": [], "season": 12},
        {"readings": random_walk, "horizon": HORIZON, "levels": [80]},
        {"readings": [3.0, 4.0, 3.5, 5.0], "horizon": 2, "levels": []},
    ]
    cases = [GoldenCase(request=r, answer=forecaster.replay(r)) for r in requests]
    return Golden(
        relative_tolerance=GOLDEN_TOLERANCE, absolute_tolerance=GOLDEN_TOLERANCE * float(np.ptp(wave)), cases=cases
    )
