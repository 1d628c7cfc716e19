"""Layers that share a text's logits between its steps, its words and its sentences."""

from typing import Any

import keras
from keras import layers, ops

from service.artifacts.standardization import SENTENCE_ENDS
from service.artifacts.tokenizer import UNKNOWN
from training.networks.ngram_hash import ORDERS
from training.networks.registry import STRIDE, serializable
from training.networks.word_vectors import shift

BASELINE_STEPS = 100  # length, in steps, of the average text that word weights are measured against
SMOOTHING = 0.05  # added to the weight of each word before a step's weight is divided between its words
LAST_END = UNKNOWN + len(SENTENCE_ENDS)  # a vocabulary begins with padding, the unknown word, and the ends of sentences


@serializable()
class Attribution(layers.Layer):  # type: ignore[misc]
    """Max pooling and the output weights, with what each step adds to the logits.

    States h (batch, steps, features) → `pooled` (batch, features), `logits` (batch, classes), `steps` (batch, steps, classes).

    The logit of class c is bias_c + Σ_f w_fc max_t h_tf. Longer texts have larger maxima. So the expected maximum of feature f
    is baseline_f + slope_f l, where l is the logarithm of the number of steps over BASELINE_STEPS. The logit has three parts:

    - w_fc (max_t h_tf − baseline_f − slope_f l) for each feature f goes to the step at which f has its maximum.
    - l Σ_f w_fc slope_f, the effect of the length alone, is shared evenly by all steps.
    - bias_c + Σ_f w_fc baseline_f, the logit of an average text, goes to no step: `baseline()`.
    """

    def __init__(self, classes: int, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True  # the mask comes as the argument `present`
        self.classes, self.dropout = classes, dropout
        self._drop = layers.Dropout(dropout)

    def build(self, states_shape: tuple[int, ...], present_shape: tuple[int, ...]) -> None:
        features = states_shape[-1]
        initial = keras.initializers.RandomNormal(stddev=features**-0.5)
        zeros = {"initializer": "zeros", "trainable": False}
        self.kernel = self.add_weight(shape=(features, self.classes), initializer=initial, name="kernel")
        self.bias = self.add_weight(shape=(self.classes,), initializer="zeros", name="bias")
        self.baseline_state = self.add_weight(shape=(features,), name="baseline_state", **zeros)
        self.length_slope = self.add_weight(shape=(features,), name="length_slope", **zeros)

    def call(self, states: Any, present: Any, training: bool = False) -> dict[str, Any]:
        states = ops.where(present[:, :, None], states, -2.0)  # below every output of an LSTM
        largest = ops.max(states, axis=1, keepdims=True)
        has_words = ops.cast(ops.any(present, axis=1, keepdims=True), "float32")
        count = ops.maximum(ops.sum(ops.cast(present, "float32"), axis=1, keepdims=True), 1.0)
        log_length = ops.log(count / BASELINE_STEPS) * has_words
        excess = largest[:, 0] - self.baseline_state - log_length * self.length_slope
        excess = self._drop(excess * has_words, training=training)
        length_effect = log_length * ops.matmul(self.length_slope, self.kernel)[None]
        is_largest = ops.cast(ops.equal(states, largest), "float32")
        shares = is_largest / ops.sum(is_largest, axis=1, keepdims=True) * excess[:, None, :]
        steps = ops.matmul(shares, self.kernel)
        steps += (length_effect / count)[:, None, :] * ops.cast(present, "float32")[:, :, None]
        logits = ops.matmul(excess, self.kernel) + length_effect + self.baseline()
        return {"pooled": largest[:, 0], "logits": logits, "steps": steps}

    def baseline(self) -> Any:
        """Return the logits (classes,) of an average text of BASELINE_STEPS steps."""
        return self.bias + ops.matmul(self.baseline_state, self.kernel)

    def compute_output_spec(self, states: Any, present: Any, training: bool = False) -> dict[str, Any]:
        batch, steps, features = states.shape
        shapes = {"pooled": (batch, features), "logits": (batch, self.classes), "steps": (batch, steps, self.classes)}
        return {name: keras.KerasTensor(shape, "float32") for name, shape in shapes.items()}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.classes, "dropout": self.dropout}


@serializable()
class WordWeights(layers.Layer):  # type: ignore[misc]
    """What steps and n-grams add to the logits → what each word adds (batch, time, classes); the sum stays the same.

    The words of an n-gram share its weight evenly. The two words of a step share its weight in proportion to the size of
    their own 1-gram weights.
    """

    def call(self, tokens: Any, steps: Any, ngrams: Any) -> Any:
        from_ngrams = 0.0
        for column, order in enumerate(ORDERS):
            for offset in range(order):
                from_ngrams = from_ngrams + shift(ngrams[:, :, column] / order, offset)
        is_word = ops.cast(tokens > 0, "float32")
        own = (ops.sum(ops.abs(ngrams[:, :, 0]), axis=2) + SMOOTHING) * is_word
        pairs = ops.reshape(
            ops.pad(own, ((0, 0), (0, ops.mod(ops.shape(own)[1], STRIDE)))), (ops.shape(own)[0], -1, STRIDE)
        )
        shares = pairs / ops.maximum(ops.sum(pairs, axis=2, keepdims=True), 1e-12)
        classes = steps.shape[-1]
        from_steps = ops.reshape(shares[..., None] * steps[:, :, None, :], (ops.shape(own)[0], -1, classes))
        return from_ngrams + from_steps[:, : ops.shape(own)[1]]

    def compute_output_spec(self, tokens: Any, steps: Any, ngrams: Any) -> Any:
        return keras.KerasTensor((*tokens.shape, steps.shape[-1]), "float32")


@serializable()
class SentenceEvidence(layers.Layer):  # type: ignore[misc]
    """What steps and n-grams add to the logits → the largest and the least evidence of any sentence (batch, 2).

    The evidence of a sentence is what its steps and n-grams add to the logit of the positive class, less what they add to
    that of the negative one; each counts where it begins. `poles` are the numbers of these two classes, negative first;
    without them all is zero. The largest is 0 at least, and the least 0 at most. A sentence ends with a token up to LAST_END.
    """

    def __init__(self, poles: tuple[int, int] | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.poles = tuple(poles) if poles else None

    def call(self, tokens: Any, steps: Any, ngrams: Any) -> Any:
        import tensorflow as tf

        rows, width = ops.shape(tokens)[0], ops.shape(tokens)[1]
        if self.poles is None:
            return ops.zeros((rows, 2))
        negative, positive = self.poles
        evidence = ops.sum(ngrams[..., positive] - ngrams[..., negative], axis=2)
        at_steps = (steps[..., positive] - steps[..., negative])[:, :, None]
        at_words = ops.reshape(ops.pad(at_steps, ((0, 0), (0, 0), (0, STRIDE - 1))), (rows, -1))
        evidence = evidence + at_words[:, :width]
        ends = ops.cast(ops.logical_and(tokens > UNKNOWN, tokens <= LAST_END), "int32")
        sentence = ops.cumsum(ends, axis=1) - ends + ops.arange(rows)[:, None] * width
        sums = tf.math.unsorted_segment_sum(evidence, sentence, rows * width)
        sums = ops.reshape(sums, (rows, width))
        largest, least = ops.max(sums, axis=1), ops.min(sums, axis=1)
        return ops.stack([ops.maximum(largest, 0.0), ops.minimum(least, 0.0)], axis=1)

    def compute_output_spec(self, tokens: Any, steps: Any, ngrams: Any) -> Any:
        return keras.KerasTensor((tokens.shape[0], 2), "float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "poles": self.poles}
