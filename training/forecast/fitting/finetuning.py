"""The universal network, fine-tuned on one series with small steps, so that it keeps what it knows.

Fits from a few seeds are averaged weight by weight (a model soup: Wortsman et al., 2022, arXiv 2203.05482); the average
costs no more to serve than one network. Learning rate and number of updates were chosen on validation folds of one
series.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np

from service.artifacts import bundle
from service.forecast.context_forecaster import LENGTHS, STEPS
from service.forecast.features.context_features import CONTEXT, HORIZON, QUANTILES, context_features, quantiles
from service.interfaces import Array, Labels
from training.data.tables import DataError
from training.export.onnx_graph import CannotCompile
from training.export.restore import restore
from training.export.versions import runner
from training.forecast.fitting import training
from training.networks import universal
from training.networks.batch import Batch

NAME = "finetuned"
LAYERS = f"universal, trained further: {universal.LAYERS}"
UPDATES = 100
BATCH = 32
LEARNING_RATE = 3e-4
HEAD = ("mixing", "gates", "width", "quantiles")  # layers that are trained on many series
MAX_WINDOW = 120  # readings of a window, or ten seasons if those are more
MAX_DRAWN_LENGTH = 500  # readings of a series that count when one is drawn
SCORED_AT_ONCE = 64  # histories
SHORTENED_SHARE = 0.3  # share of the windows that are cut to a random length


def restore_pretrained(models_dir: Path) -> keras.Model:
    """Restore the newest `universal` of a models directory. Raises DataError if there is none or it is damaged."""
    versions = bundle.versions(models_dir / universal.NAME)
    if not versions:
        raise DataError(
            f"{models_dir} holds no '{universal.NAME}' to start from: copy it there, or train it with "
            "python -m training.universal"
        )
    try:
        bundle.verify(versions[-1])
        card, _, _ = bundle.read(versions[-1])
        return restore(versions[-1], card)[0]
    except (bundle.BundleError, CannotCompile) as error:
        raise DataError(f"{versions[-1]} cannot be started from: {error}") from error


def fine_tune(pretrained: keras.Model, readings: Array, season_length: int, steps: int, seed: int) -> keras.Model:
    """Return a copy of `pretrained`, trained on windows of complete readings (time,) with the quantile loss."""
    return _trained(pretrained, Windows([readings], season_length, steps), seed, UPDATES)


def fine_tune_many(
    pretrained: keras.Model, series: Sequence[Array], season_length: int, steps: int, seed: int, updates: int
) -> keras.Model:
    """Return a copy of `pretrained` whose head is trained on windows of all series, each complete readings (time,).

    Every window is in units of its own scale, so series of any level learn together. The recurrent layers stay as they
    are: on panels of thirty series, training them made unseen readings worse.
    """
    windows = Windows(series, season_length, steps, jitter=False)
    return _trained(pretrained, windows, seed, updates, HEAD)


def _trained(
    pretrained: keras.Model, windows: "Windows", seed: int, updates: int, only: Sequence[str] | None = None
) -> keras.Model:
    """Return a copy of `pretrained`, or of its layers named in `only`, trained with the quantile loss."""
    import tensorflow as tf

    model = keras.models.clone_model(pretrained)
    model.set_weights(pretrained.get_weights())
    for layer in model.layers:
        layer.trainable = only is None or layer.name in only
    rng = np.random.default_rng(seed)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, updates)
    optimizer = keras.optimizers.Adam(schedule, clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    levels = tf.constant(np.array(QUANTILES, np.float32))

    @tf.function(reduce_retracing=True, autograph=False)  # type: ignore[untyped-decorator]
    def update(past: object, ahead: object, target: object) -> None:
        with tf.GradientTape() as tape:
            known = tf.cast(~tf.math.is_nan(target), tf.float32)[..., None]
            error = known * (tf.where(tf.math.is_nan(target), 0.0, target)[..., None] - model([past, ahead]))
            loss = tf.reduce_sum(tf.maximum(levels * error, (levels - 1) * error)) / tf.reduce_sum(known)
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )

    for _ in range(updates):
        update(*map(tf.constant, windows.draw(rng)))
    model.trainable = True
    return model


class Windows:
    """The windows of one or many series, to draw batches from.

    A series is drawn in proportion to its length, up to `MAX_DRAWN_LENGTH`. With `jitter`, a random trend is added to
    windows of positive readings. On average it cancels the series' own trend, so that the network must read a trend from
    the window and cannot learn it by heart. Many series need none: no trend is common to them.
    """

    def __init__(self, series: Sequence[Array], season_length: int, steps: int, *, jitter: bool = True) -> None:
        self._season_length, self._ahead = season_length, _bucket(steps)
        self._padded = [np.concatenate([readings, np.full(self._ahead, np.nan)]) for readings in series]
        self._counts = np.array([len(readings) for readings in series])
        self._longest = min(CONTEXT, max(MAX_WINDOW, 10 * season_length), int(self._counts.max()))
        self._first_ends = np.minimum(max(3 * season_length, 24), self._counts - 1)
        shares = np.minimum(self._counts, MAX_DRAWN_LENGTH)
        self._shares = shares / shares.sum()
        self._trends = [
            training.linear_trend(np.log(readings)) if jitter and training.is_positive(readings) else 0.0
            for readings in series
        ]

    def draw(self, rng: np.random.Generator) -> Batch:
        """Draw a batch of windows that end anywhere after the first seasons; targets after the last reading are NaN."""
        rows, ends = self._places(rng)
        values, target = np.zeros((BATCH, self._longest)), np.empty((BATCH, self._ahead))
        lengths = np.minimum(ends, self._longest)
        for row, (which, end) in enumerate(zip(rows, ends, strict=True)):
            if rng.random() < SHORTENED_SHARE:
                least = min(lengths[row], max(2 * self._season_length, 12))
                lengths[row] = rng.integers(least, lengths[row] + 1)
            length = lengths[row]
            factor = np.exp(self._trends[which] * rng.normal(-1, 1) * np.arange(-length, self._ahead))
            window = self._padded[which][end - length : end + self._ahead] * factor
            values[row, self._longest - length :], target[row] = window[:length], window[length:]
        features = context_features(values, lengths, np.ones(values.shape, bool), self._season_length, self._ahead)
        scaled_target = ((target - features.base) / features.scale).astype(np.float32)
        return Batch(features.readings, features.steps, scaled_target)

    def _places(self, rng: np.random.Generator) -> tuple[Labels, Labels]:
        """Draw the series of each window, and how many readings are known at its end."""
        if len(self._counts) == 1:  # the same draws as ever, whatever NumPy does for many bounds
            return np.zeros(BATCH, np.int64), rng.integers(self._first_ends[0], self._counts[0], BATCH)
        rows = rng.choice(len(self._counts), BATCH, p=self._shares)
        return rows, rng.integers(self._first_ends[rows], self._counts[rows])


def quantile_scores(model: keras.Model, histories: Sequence[Array], actual: Array, season_length: int) -> Array:
    """Return how far each reading of `actual` (origins, steps) is from the median, in the same shape.

    The unit is the distance from the median to the outer quantile on the reading's side.
    """
    network, steps = runner(model), actual.shape[1]
    predicted = np.empty((*actual.shape, len(QUANTILES)))
    for time, rows in _alike(histories):
        recent = [histories[row][-CONTEXT:] for row in rows]
        lengths = np.array([len(values) for values in recent])
        values = np.zeros((len(rows), time))
        for padded, known in zip(values, recent, strict=True):
            padded[time - len(known) :] = known
        features = context_features(values, lengths, np.ones(values.shape, bool), season_length, _bucket(steps))
        output = network(features.readings, features.steps)["output"]
        predicted[rows] = quantiles(features, output)[:, :steps]
    median = predicted[..., QUANTILES.index(0.5)]
    error = actual - median
    distance = np.where(error > 0, predicted[..., -1] - median, median - predicted[..., 0])
    return np.abs(error) / np.maximum(distance, 1e-12 * np.maximum(np.abs(median), 1e-300))


def _alike(histories: Sequence[Array]) -> Iterator[tuple[int, Labels]]:
    """Yield the numbers of histories that the service pads to one length, a few at once, with that length."""
    padded = np.array([next(size for size in LENGTHS if size >= min(len(each), CONTEXT)) for each in histories])
    for time in np.unique(padded):
        rows = np.flatnonzero(padded == time)
        for start in range(0, len(rows), SCORED_AT_ONCE):
            yield int(time), rows[start : start + SCORED_AT_ONCE]


def _bucket(steps: int) -> int:
    """Return the smallest number of steps that the service compiles for and that is enough."""
    return next(size for size in (*STEPS, HORIZON) if size >= min(steps, HORIZON))
