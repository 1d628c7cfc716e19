"""The universal network, trained a little further on one series: small steps, so that what it knows is kept.

A few fits from different seeds are averaged weight by weight (a model soup: Wortsman et al., 2022, arXiv 2203.05482),
which costs nothing when serving. Learning rate and number of updates were chosen on validation folds of one series.
"""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from service.artifacts import bundle
from service.forecast.context_features import CONTEXT, HORIZON, QUANTILES, context_features, quantiles
from service.forecast.context_forecaster import STEPS
from service.interfaces import Array
from training.data.tables import DataError
from training.export.onnx_graph import CannotCompile
from training.export.restore import restore
from training.export.versions import runner
from training.forecast import recipes
from training.networks import universal as universal_module
from training.networks.batch import Batch

NAME = "finetuned"
LAYERS = "universal, trained further: GRU(128) → GRU(128); GRU(128) over the steps → Dense(128, relu) → 9 quantiles"
UPDATES = 100
BATCH = 32
LEARNING_RATE = 3e-4
LONGEST = 120  # readings of a window, or ten seasons if those are more
SHORTER = 0.3  # share of the windows that are cut to a random length


def pretrained(models_dir: Path) -> keras.Model:
    """The newest `universal` of a models directory; DataError where there is none that can be restored."""
    found = bundle.versions(models_dir / universal_module.NAME)
    if not found:
        raise DataError(
            f"{models_dir} holds no '{universal_module.NAME}' to start from: copy it there, or train it with python -m training.universal"
        )
    try:
        bundle.verify(found[-1])
        card, _, _ = bundle.read(found[-1])
        return restore(found[-1], card)[0]
    except (bundle.BundleError, CannotCompile) as error:
        raise DataError(f"{found[-1]} cannot be started from: {error}") from error


def fine_tune(start: keras.Model, readings: Array, season: int, steps: int, seed: int) -> keras.Model:
    """A copy of `start`, trained on windows of complete readings (time,); cosine decay of the rate to nought."""
    import tensorflow as tf

    model = keras.models.clone_model(start)
    model.set_weights(start.get_weights())
    chance = np.random.default_rng(seed)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, UPDATES)
    optimizer = keras.optimizers.Adam(rate, clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    levels = tf.constant(np.array(QUANTILES, np.float32))

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def update(seen: object, ahead: object, target: object) -> None:
        with tf.GradientTape() as tape:
            known = tf.cast(~tf.math.is_nan(target), tf.float32)[..., None]
            error = known * (tf.where(tf.math.is_nan(target), 0.0, target)[..., None] - model([seen, ahead]))
            loss = tf.reduce_sum(tf.maximum(levels * error, (levels - 1) * error)) / tf.reduce_sum(known)
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )

    for _ in range(UPDATES):
        update(*map(tf.constant, _windows(chance, readings, season, steps)))
    return model


def _windows(chance: np.random.Generator, readings: Array, season: int, steps: int) -> Batch:
    """Windows that end anywhere after the first seasons; targets after the last reading are NaN.

    Windows of positive readings are given a random growth that takes the series' own away on average, so that a trend
    must be read from the window and cannot be learnt by heart.
    """
    ahead = _bucket(steps)
    longest = min(CONTEXT, max(LONGEST, 10 * season), len(readings))
    ends = chance.integers(min(max(3 * season, 24), len(readings) - 1), len(readings), BATCH)
    own = recipes.growth(np.log(readings)) if recipes.is_positive(readings) else 0.0
    padded = np.concatenate([readings, np.full(ahead, np.nan)])
    values, target = np.zeros((BATCH, longest)), np.empty((BATCH, ahead))
    lengths = np.minimum(ends, longest)
    for row, end in enumerate(ends):
        if chance.random() < SHORTER:
            least = min(lengths[row], max(2 * season, 12))
            lengths[row] = chance.integers(least, lengths[row] + 1)
        count = lengths[row]
        factor = np.exp(own * chance.normal(-1, 1) * np.arange(-count, ahead))
        both = padded[end - count : end + ahead] * factor
        values[row, longest - count :], target[row] = both[:count], both[count:]
    seen = context_features(values, lengths, np.ones(values.shape, bool), season, ahead)
    return Batch(seen.readings, seen.steps, ((target - seen.base) / seen.scale).astype(np.float32))


def scores(model: keras.Model, histories: Sequence[Array], actual: Array, season: int) -> Array:
    """How far each reading lay from the median, in units of the outer quantile's distance: as `actual` (rows, steps)."""
    found, network = [], runner(model)
    for history in histories:
        recent = history[-CONTEXT:]
        seen = context_features(
            recent[None], np.array([len(recent)]), np.ones((1, len(recent)), bool), season, _bucket(actual.shape[1])
        )
        found.append(quantiles(seen, network(seen.readings, seen.steps)["output"])[0, : actual.shape[1]])
    said = np.stack(found)
    middle = said[..., QUANTILES.index(0.5)]
    error = actual - middle
    side = np.where(error > 0, said[..., -1] - middle, middle - said[..., 0])
    return np.abs(error) / np.maximum(side, 1e-12 * np.maximum(np.abs(middle), 1e-300))


def _bucket(steps: int) -> int:
    return next(size for size in (*STEPS, HORIZON) if size >= min(steps, HORIZON))
