"""Two language models side by side, one for each direction: stacked LSTMs that foretell the next word of all texts.

After AWD-LSTM (Merity et al., 2018): word vectors that are the softmax's too, whole words, recurrent weights and the same
states of every step dropped. The softmax's normaliser is estimated from words drawn for the whole batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax

from training.large.lstm import State, lstm, nothing

HALF = jnp.bfloat16  # what products are made of; sums, cells and weights are float32
WAYS = 2  # forwards, backwards
END = 0  # stands between texts
STREAMS = 256  # texts in a row, that many side by side
SPAN = 64  # steps that a gradient goes back
RATE = 2e-3
WARM_UP = 0.05  # of all steps
DRAWN = 8192
DRAWN_POWER = 0.75
WORDS_KEPT = 0.95

Params = dict[str, Any]
Tokens = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Size:
    """Of the vectors, of every layer, and how many layers."""

    vectors: int = 400
    units: int = 1024
    layers: int = 3


@dataclass(frozen=True)
class Drop:
    """Shares left out in training: of recurrent weights, and of the states that come in, pass between layers, and go out."""

    recurrent: float
    entry: float
    between: float
    output: float


DROP = Drop(0.15, 0.15, 0.1, 0.15)
adam = optax.scale_by_adam(b1=0.9, b2=0.99)


def learn(
    texts: Sequence[Tokens], vocabulary: int, size: Size, epochs: int, seed: int, show: Callable[[int, float], None]
) -> Params:
    """The models' weights; `show` is told the mean loss of every epoch, in nats a word. Needs STREAMS · SPAN words."""
    rng, steps = np.random.default_rng(seed), sum(len(text) + 1 for text in texts) // (STREAMS * SPAN)
    params = initial(jax.random.key(seed), vocabulary, size)
    state, drawn = adam.init(params), Drawn.of(texts, vocabulary)
    for epoch in range(epochs):
        words, losses = _streams(texts, rng), []
        carried = [nothing(WAYS, STREAMS, size.units, HALF) for _ in range(size.layers)]
        for step in range(steps):
            done = epoch * steps + step
            span = words[step * SPAN : step * SPAN + SPAN + 1]
            rate = np.float32(RATE * pace(done / (epochs * steps)))
            params, state, carried, loss = _step(params, state, span, carried, np.int32(done), rate, drawn)
            losses.append(loss)
        show(epoch, float(np.mean(jax.device_get(losses))))
    return params


def pace(progress: float) -> float:
    """Of the learning rate: it rises for a while, and then falls as a cosine does."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return 0.01 + 0.495 * (1 + float(np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP))))


def initial(key: Any, vocabulary: int, size: Size) -> Params:
    """Weights (ways, inputs, 4 units) of every layer, vectors (words, size), and what turns states into words."""
    keys = iter(jax.random.split(key, 2 * size.layers + 2))

    def drawn(*shape: int) -> Any:
        return jax.random.normal(next(keys), shape) * shape[-2] ** -0.5

    layers = [
        {
            "inputs": drawn(WAYS, size.units if place else size.vectors, 4 * size.units),
            "recurrent": drawn(WAYS, size.units, 4 * size.units),
            "bias": jnp.zeros((WAYS, 4 * size.units)).at[:, size.units : 2 * size.units].set(1.0),
        }
        for place in range(size.layers)
    ]
    vectors = 0.1 * jax.random.normal(next(keys), (vocabulary, size.vectors))
    return {
        "layers": layers,
        "vectors": vectors,
        "meant": drawn(WAYS, size.units, size.vectors),
        "words": jnp.zeros(vocabulary),
    }


def stacked(layers: Sequence[Params], inputs: Any, firsts: Sequence[State], drop: Drop | None, key: Any) -> Any:
    """Inputs (time, nets, batch, size) → the last layer's states (time, nets, batch, units), and all layers' last ones."""
    keys = iter(jax.random.split(key, 2 * len(layers) + 1))
    if drop:
        inputs = inputs * kept(next(keys), 1 - drop.entry, (1, *inputs.shape[1:]))
    lasts = []
    for place, (layer, first) in enumerate(zip(layers, firsts, strict=True)):
        recurrent = layer["recurrent"].astype(HALF)
        if drop:
            recurrent = recurrent * kept(next(keys), 1 - drop.recurrent, recurrent.shape)
        gates = jnp.einsum("tnbe,neg->tnbg", inputs, layer["inputs"].astype(HALF))
        inputs, last = lstm(gates + layer["bias"].astype(HALF)[None, :, None], recurrent, first)
        lasts.append(last)
        if drop:
            share = drop.between if place + 1 < len(layers) else drop.output
            inputs = inputs * kept(next(keys), 1 - share, (1, *inputs.shape[1:]))
    return inputs, lasts


def kept(key: Any, share: float, shape: Sequence[int]) -> Any:
    """What to multiply by, so that a share is kept and the mean stays."""
    return jax.random.bernoulli(key, share, shape).astype(HALF) / share


@dataclass(frozen=True)
class Drawn:
    """The words that estimate the softmax's normaliser: how likely each is to be drawn."""

    cumulated: Any
    logarithm: Any

    @classmethod
    def of(cls, texts: Sequence[Tokens], vocabulary: int) -> "Drawn":
        counts = np.bincount(np.concatenate(texts), minlength=vocabulary) + 1.0
        counts[END] = len(texts)
        share = counts**DRAWN_POWER / np.sum(counts**DRAWN_POWER)
        return cls(jnp.asarray(np.cumsum(share), jnp.float32), jnp.asarray(np.log(share), jnp.float32))


jax.tree_util.register_dataclass(Drawn, ["cumulated", "logarithm"], [])


@partial(jax.jit, donate_argnums=(0, 1, 3))
def _step(params: Params, state: Any, words: Any, firsts: list[State], seed: Any, rate: Any, drawn: Drawn) -> Any:
    find = jax.value_and_grad(_surprise, has_aux=True)
    (loss, lasts), slopes = find(params, words, firsts, drawn, jax.random.key(seed))
    slopes, _ = optax.clip_by_global_norm(1.0).update(slopes, optax.EmptyState())
    moves, state = adam.update(slopes, state)
    return jax.tree.map(lambda value, move: value - rate * move, params, moves), state, lasts, loss


def _surprise(params: Params, words: Any, firsts: list[State], drawn: Drawn, key: Any) -> tuple[Any, list[State]]:
    """Mean −log softmax of the words (time + 1, ways, batch) but the first, each from those before it."""
    word_key, layer_key, draw_key = jax.random.split(key, 3)
    vectors, bias = params["vectors"].astype(HALF), params["words"]
    some = vectors * kept(word_key, WORDS_KEPT, (len(bias), 1))
    states, lasts = stacked(params["layers"], some[words[:-1]], firsts, DROP, layer_key)
    meant = jnp.einsum("tnbh,nhe->tnbe", states, params["meant"].astype(HALF)).reshape(-1, vectors.shape[1])
    targets = words[1:].reshape(-1)
    count = min(DRAWN, len(bias))
    others = jnp.minimum(jnp.searchsorted(drawn.cumulated, jax.random.uniform(draw_key, (count,))), len(bias) - 1)
    right = jnp.sum(meant.astype(jnp.float32) * vectors[targets].astype(jnp.float32), axis=1) + bias[targets]
    wrong = jnp.einsum("me,ke->mk", meant, vectors[others], preferred_element_type=jnp.float32)
    wrong = wrong + (bias[others] - drawn.logarithm[others] - np.log(count))[None]
    wrong = jnp.where(others[None] == targets[:, None], -1e9, wrong)
    return jnp.mean(jnp.logaddexp(jax.nn.logsumexp(wrong, axis=1), right) - right), lasts


def _streams(texts: Sequence[Tokens], rng: np.random.Generator) -> Tokens:
    """All texts in another order, one after the other, and all that backwards: (words + 1, ways, STREAMS)."""
    end = np.array([END], np.int32)
    row = np.concatenate([part for place in rng.permutation(len(texts)) for part in (texts[place], end)])
    row = row[: len(row) // (STREAMS * SPAN) * STREAMS * SPAN].reshape(STREAMS, -1)
    both = np.stack([row, row[::-1, ::-1]])
    return np.ascontiguousarray(np.pad(both, ((0, 0), (0, 0), (1, 0)), constant_values=END).transpose(2, 0, 1))
