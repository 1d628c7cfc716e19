"""Measure a trained universal network on made-up series that it has not seen, and write it as a version.

Its intervals are calibrated there, and its skill stated; `training/zero_shot.py` measures it on real series.
"""

from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np

from service.artifacts import bundle, golden
from service.artifacts.card import (
    FORMAT_VERSION,
    ForecastCard,
    IntervalCalibration,
    Score,
    Split,
    StepErrors,
    TrainingData,
)
from service.forecast.context_features import CONTEXT, HORIZON, QUANTILES, ContextFeatures, context_features, quantiles
from service.forecast.context_forecaster import ContextForecaster
from service.forecast.forecaster import Forecaster
from service.interfaces import Array, Network
from training.data.tables import file_sha256
from training.evaluation.conformal import conformal
from training.export import versions
from training.export.versions import in_memory, runner, save_forecaster
from training.networks import universal as universal_module
from training.universal import batches as batches_module
from training.universal import fitting, synthetic

WINDOW = 4  # the least readings that it answers
DEFAULT_HORIZON = 14
HELD_OUT = 60  # batches, made from another seed than those trained on
LAYERS = "GRU(128) → GRU(128) over the context; GRU(128) over the steps → Dense(128, relu) → 9 quantiles"
GOLDEN_TOLERANCE = 1e-4


class HeldOut:
    """What the network says of held-out series: all (rows, HORIZON), in units of each series' seasonal difference."""

    def __init__(self, model: keras.Model, seed: int, batches: int = HELD_OUT) -> None:
        network = runner(model)
        parts = [_batch(network, np.random.default_rng((seed, number))) for number in range(batches)]
        self.actual, self.naive, below, self.median, above = (np.concatenate(part) for part in zip(*parts, strict=True))
        error = self.actual - self.median
        self.scores = np.abs(error) / np.maximum(np.where(error > 0, above, below), 1e-9)

    def calibration(self) -> IntervalCalibration:
        return conformal(self.scores, "spread", f"{len(self.scores):,} held-out synthetic series")

    def step_errors(self) -> StepErrors:
        def rmse(forecast: Array) -> list[float]:
            found: list[float] = np.sqrt(np.mean(np.square(forecast - self.actual), axis=0)).tolist()
            return found

        return StepErrors(
            baseline="seasonal_naive",
            split="held-out synthetic series, in units of their mean seasonal difference",
            model_rmse=rmse(self.median),
            baseline_rmse=rmse(self.naive),
        )

    def scored(self) -> list[Score]:
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


def _batch(network: Network, chance: np.random.Generator) -> tuple[Array, ...]:
    """Actual, seasonal naive, distance of the 10 % quantile below, median, and of the 90 % quantile above."""
    time = int(chance.choice(batches_module.LENGTHS[2:]))
    season = synthetic.choose_season(chance)
    series = synthetic.sample(chance, batches_module.BATCH, time + HORIZON, season)
    known, future = series[:, :time], series[:, time:]
    seen = context_features(known, np.full(len(known), time), np.ones(known.shape, bool), season, HORIZON)
    found = quantiles(seen, network(seen.readings, seen.steps)["output"])
    back = season if season < time else 1
    naive = known[:, np.arange(HORIZON) % back - back]
    low, middle, high = found[..., 0], found[..., QUANTILES.index(0.5)], found[..., -1]
    return tuple(
        _scaled(values, seen) for values in (future, naive, middle - low + seen.base, middle, high - middle + seen.base)
    )


def _scaled(values: Array, seen: ContextFeatures) -> Array:
    most = batches_module.MAX_TARGET
    return np.clip((values - seen.base) / seen.scale, -most, most)


def export(model: keras.Model, seed: int, steps: int, models_dir: Path) -> Path:
    """Write the next version of `universal`, proven in both engines. Raises BundleError."""
    held = HeldOut(model, seed + 1)
    card = ForecastCard(
        format_version=FORMAT_VERSION,
        task="forecast",
        name=universal_module.NAME,
        version=bundle.next_version(models_dir, universal_module.NAME),
        network=LAYERS,
        parameters=model.count_params(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        made_with=versions.made_with("keras", "numpy", "scipy"),
        data=TrainingData(
            source="synthetic series made by training/universal/synthetic.py; no real reading",
            sha256=file_sha256(Path(synthetic.__file__)),
            rows=steps * batches_module.BATCH,
            columns={},
            audit=["the SHA-256 is that of the generator's source: series are made while training"],
        ),
        splits=[
            Split(name="train", rows=steps * batches_module.BATCH, use=f"series made from seed {seed}, each seen once"),
            Split(
                name="held-out synthetic",
                rows=len(held.actual),
                use=f"series made from seed {seed + 1}; calibrate the intervals and give the scores",
            ),
        ],
        settings={
            "kind": universal_module.NAME,
            "batches": steps,
            "batch": batches_module.BATCH,
            "learning_rate": fitting.LEARNING_RATE,
            "loss": "mean pinball loss of nine quantiles, in units of the seasonal difference",
        },
        seeds=[seed],
        seed=seed,
        choice="One seed was trained; its size and its inputs were chosen on half of the real series, by name.",
        scores=held.scored(),
        spread=[],
        limits=[
            f"reads up to {CONTEXT} readings; what lies before them is not seen",
            f"forecasts up to {HORIZON} steps; a season longer than the readings is not seen",
            "knows no holidays, no other series and no events",
        ],
        reads="context",
        window=WINDOW,
        steps=HORIZON,
        horizon=DEFAULT_HORIZON,
        max_horizon=HORIZON,
        step_errors=held.step_errors(),
        calibration=held.calibration(),
    )
    forecaster = in_memory(card, None, model)
    path, _ = save_forecaster(models_dir, card, golden_answers(forecaster), model)
    return path


def golden_answers(forecaster: Forecaster) -> golden.Golden:
    """Short and long, seasonal and not, with gaps: made-up readings as the network answers them."""
    assert isinstance(forecaster, ContextForecaster)
    chance = np.random.default_rng(0)
    wave = [100 + 0.2 * t + 10 * float(np.sin(2 * np.pi * t / 12)) + float(chance.normal()) for t in range(96)]
    walk = np.cumsum(chance.normal(size=40)).tolist()
    requests = [
        {"readings": wave, "horizon": 14, "levels": [80, 95]},
        {"readings": [*wave[:30], None, *wave[31:60]], "horizon": 3, "levels": [], "season": 12},
        {"readings": walk, "horizon": HORIZON, "levels": [80]},
        {"readings": [3.0, 4.0, 3.5, 5.0], "horizon": 2, "levels": []},
    ]
    cases = [golden.GoldenCase(request=r, answer=forecaster.replay(r)) for r in requests]
    return golden.Golden(
        relative_tolerance=GOLDEN_TOLERANCE, absolute_tolerance=GOLDEN_TOLERANCE * float(np.ptp(wave)), cases=cases
    )
