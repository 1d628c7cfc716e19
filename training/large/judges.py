"""Judges of texts, which begin as language models: one a fold of the labelled texts, so that each text has one that did not
know its label.

Each reads both ways, with a judgement each: from the maxima and means of the last layer's states, and the last of them.
An adversary moves word vectors along the gradient (Miyato, Dai and Goodfellow, 2017); lower layers learn more slowly
(Howard and Ruder, 2018).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from training.large.language import HALF, WAYS, Drop, Params, Tokens, adam, kept, pace, stacked
from training.large.lstm import nothing
from training.reading import ends

HIDDEN = 64
BATCH = 64  # texts a fold
AT_ONCE = 256  # texts that are told
WIDTHS = (80, 160, 288, 512)  # tokens that batches are padded to; of longer texts, the two ends are read
HEAD = 128
RATE = 1e-3  # of the last layer
SLOWER = 0.5  # each layer than the one above
VECTOR_RATE, HEAD_RATE = 0.1, 3.0  # of the last layer's
RADIUS = 0.016  # of the length of a text's vectors, by which an adversary moves them
DROP = Drop(0.1, 0.15, 0.1, 0.1)
WORDS_KEPT, POOLED_KEPT, HIDDEN_KEPT = 0.95, 0.7, 0.9

Labels = npt.NDArray[np.int64]
Logits = npt.NDArray[np.float32]


def fit(
    language: Params,
    texts: Sequence[Tokens],
    labels: Labels,
    folds: Labels,
    epochs: int,
    seed: int,
    show: Callable[[int, float, Params], None],
) -> Params:
    """The weights of as many judges as there are `folds`; judge f does not learn from the texts whose fold is f.

    `show` is told of every epoch: its loss, and the judges.
    """
    rng, count = np.random.default_rng(seed), int(folds.max()) + 1
    params = initial(jax.random.key(seed), language, count)
    state, texts, done = adam.init(params), [_read(text) for text in texts], 0
    for epoch in range(epochs):
        plan, losses = _plan(texts, folds, count, rng), []
        for at, (width, rows) in enumerate(plan):
            tokens, lengths = (
                np.stack(each) for each in zip(*(_padded(texts, r, BATCH, width) for r in rows), strict=True)
            )
            targets, weights = np.zeros((2, count, BATCH), np.float32)
            for fold, some in enumerate(rows):
                targets[fold, : len(some)], weights[fold, : len(some)] = labels[some], 1
            rate = np.float32(RATE * pace((epoch + at / len(plan)) / epochs))
            params, state, loss = _step(params, state, tokens, lengths, targets, weights, np.int32(done), rate)
            losses.append(loss)
            done += 1
        show(epoch, float(np.mean(jax.device_get(losses))), params)
    return params


def say(judges: Params, texts: Sequence[Tokens]) -> Logits:
    """What every judge says: (folds, texts)."""
    texts = [_read(text) for text in texts]
    found = np.zeros((len(judges["vectors"]), len(texts)), np.float32)
    told = [(rows, _say(judges, *_padded(texts, rows, AT_ONCE, width))) for width, rows in _alike(texts, AT_ONCE)]
    for rows, logits in told:
        found[:, rows] = np.asarray(logits)[:, : len(rows)]
    return found


def initial(key: Any, language: Params, count: int) -> Params:
    """`count` times the language models' layers and vectors, and a head a judge and way."""
    first, second = jax.random.split(key)
    units, nets = language["layers"][0]["recurrent"].shape[1], WAYS * count
    head = {
        "hidden": jax.random.normal(first, (nets, 3 * units, HIDDEN)) * (3 * units) ** -0.5,
        "hidden_bias": jnp.zeros((nets, HIDDEN)),
        "kernel": jax.random.normal(second, (nets, HIDDEN)) * HIDDEN**-0.5,
        "bias": jnp.zeros(nets),
    }
    layers = jax.tree.map(lambda weights: jnp.tile(weights, (count,) + (1,) * (weights.ndim - 1)), language["layers"])
    return {"vectors": jnp.tile(language["vectors"][None], (count, 1, 1)), "layers": layers, "head": head}


def _rates(params: Params) -> Params:
    """Of the last layer's, by weight."""
    top = len(params["layers"]) - 1
    layers = [
        jax.tree.map(lambda _, rate=SLOWER ** (top - at): rate, layer) for at, layer in enumerate(params["layers"])
    ]
    return {"vectors": VECTOR_RATE, "layers": layers, "head": jax.tree.map(lambda _: HEAD_RATE, params["head"])}


@partial(jax.jit, donate_argnums=(0, 1))
def _step(
    params: Params, state: Any, tokens: Any, lengths: Any, targets: Any, weights: Any, seed: Any, rate: Any
) -> tuple[Params, Any, Any]:
    """tokens (folds, batch, time), lengths, targets and weights (folds, batch); the loss of moved vectors counts as much."""
    time = tokens.shape[2]
    drop_key, word_key = jax.random.split(jax.random.key(seed))
    words, many = _both_ways(tokens, lengths), partial(jnp.repeat, repeats=WAYS, axis=0)
    some = kept(word_key, WORDS_KEPT, (*params["vectors"].shape[:2], 1))

    def loss(params: Params, moved: Any) -> tuple[Any, Any]:
        vectors = _looked_up(params["vectors"].astype(HALF) * some, words)
        logits = _judge(params, vectors + moved, many(lengths), DROP, drop_key)
        surprise = jnp.logaddexp(0.0, logits) - logits * many(targets)
        return jnp.sum(surprise * many(weights)) / jnp.maximum(jnp.sum(weights), 1), vectors

    find = jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)
    still = jnp.zeros((*words.shape, params["vectors"].shape[2]), HALF)
    (value, vectors), (slopes, along) = find(params, still)
    there = (jnp.arange(time)[:, None, None] < many(lengths)[None])[..., None]
    vectors, along = (jnp.where(there, each, 0).astype(jnp.float32) for each in (vectors, along))
    moved = RADIUS * _length(vectors) * along / (_length(along) + 1e-20)
    _, (attacked, _) = find(params, jax.lax.stop_gradient(moved.astype(HALF)))
    slopes = jax.tree.map(jnp.add, slopes, attacked)
    moves, state = adam.update(slopes, state)
    params = jax.tree.map(lambda value, move, slower: value - rate * slower * move, params, moves, _rates(params))
    return params, state, value / WAYS


def _length(vectors: Any) -> Any:
    """Of all vectors of a text as one: (1, nets, batch, 1)."""
    return jnp.sqrt(jnp.sum(vectors * vectors, axis=(0, 3), keepdims=True))


@jax.jit  # type: ignore[untyped-decorator]
def _say(params: Params, tokens: Any, lengths: Any) -> Any:
    """tokens (batch, time), lengths (batch,) → (folds, batch)."""
    folds = len(params["vectors"])
    tokens, lengths = (jnp.tile(each[None], (folds,) + (1,) * each.ndim) for each in (tokens, lengths))
    vectors = _looked_up(params["vectors"].astype(HALF), _both_ways(tokens, lengths))
    logits = _judge(params, vectors, jnp.repeat(lengths, WAYS, axis=0), None, jax.random.key(0))
    return logits.reshape(folds, WAYS, -1).mean(axis=1)


def _both_ways(tokens: Any, lengths: Any) -> Any:
    """(folds, batch, time) → (time, nets, batch): each fold's texts, and each fold's texts backwards, right-padded."""
    folds, batch, time = tokens.shape
    mirrored = jnp.clip(lengths[..., None] - 1 - jnp.arange(time), 0)
    backwards = jnp.take_along_axis(tokens, mirrored, axis=2) * (jnp.arange(time) < lengths[..., None])
    return jnp.stack([tokens, backwards], axis=1).reshape(folds * WAYS, batch, time).transpose(2, 0, 1)


def _looked_up(vectors: Any, words: Any) -> Any:
    """Vectors (folds, words, size) of words (time, nets, batch) → (time, nets, batch, size)."""
    time, _, batch = words.shape
    by_fold = words.reshape(time, len(vectors), WAYS, batch)
    found = jax.vmap(lambda own, some: own[some], in_axes=(0, 1), out_axes=1)(vectors, by_fold)
    return found.reshape(*words.shape, -1)


def _judge(params: Params, vectors: Any, lengths: Any, drop: Drop | None, key: Any) -> Any:
    """Vectors (time, nets, batch, size) → logits (nets, batch)."""
    time, nets, batch, _ = vectors.shape
    layer_key, pooled_key, hidden_key = jax.random.split(key, 3)
    units = params["layers"][0]["recurrent"].shape[1]
    firsts = [nothing(nets, batch, units, HALF)] * len(params["layers"])
    states, _ = stacked(params["layers"], vectors, firsts, drop, layer_key)
    there = (jnp.arange(time)[:, None, None] < lengths[None])[..., None]
    largest = jnp.max(jnp.where(there, states, -2), axis=0)
    mean = jnp.sum(jnp.where(there, states, 0), axis=0, dtype=jnp.float32) / jnp.maximum(lengths, 1)[..., None]
    last = jnp.take_along_axis(states, jnp.clip(lengths - 1, 0)[None, :, :, None], axis=0)[0]
    pooled = jnp.concatenate([largest, mean, last], axis=-1, dtype=jnp.float32)
    if drop:
        pooled = pooled * kept(pooled_key, POOLED_KEPT, pooled.shape)
    head = params["head"]
    hidden = jax.nn.relu(jnp.einsum("nbp,npk->nbk", pooled, head["hidden"]) + head["hidden_bias"][:, None])
    if drop:
        hidden = hidden * kept(hidden_key, HIDDEN_KEPT, hidden.shape)
    return jnp.einsum("nbk,nk->nb", hidden, head["kernel"]) + head["bias"][:, None]


def _read(text: Tokens) -> Tokens:
    return ends(text, WIDTHS[-1], HEAD)


def _alike(texts: Sequence[Tokens], size: int, rng: np.random.Generator | None = None) -> Iterator[tuple[int, Labels]]:
    """Rows of texts that are padded to the same width; with an `rng`, others every time."""
    widths = np.searchsorted(WIDTHS, [len(text) for text in texts])
    for place, width in enumerate(WIDTHS):
        rows = np.flatnonzero(widths == place)
        if rng is not None:
            rng.shuffle(rows)
        yield from ((width, rows[first : first + size]) for first in range(0, len(rows), size))


def _plan(
    texts: Sequence[Tokens], folds: Labels, count: int, rng: np.random.Generator
) -> list[tuple[int, list[Labels]]]:
    """Batches of an epoch: a width, and every judge's rows; a judge with fewer batches of a width has some twice."""
    own = []
    for fold in range(count):
        learnt = np.flatnonzero(folds != fold)
        own.append(
            [(width, learnt[rows]) for width, rows in _alike([texts[row] for row in learnt.tolist()], BATCH, rng)]
        )
    plan = []
    for width in WIDTHS:
        batches = [[rows for other, rows in each if other == width] for each in own]
        longest = max(map(len, batches))
        none = [np.zeros(0, np.int64)]
        plan += [(width, [(each or none)[at % len(each or none)] for each in batches]) for at in range(longest)]
    return [plan[at] for at in rng.permutation(len(plan))]


def _padded(texts: Sequence[Tokens], rows: Labels, size: int, width: int) -> tuple[Tokens, Tokens]:
    """Tokens (size, width) and lengths (size,) of the rows, and of empty texts after them."""
    tokens, lengths = np.zeros((size, width), np.int32), np.zeros(size, np.int32)
    for line, row in enumerate(rows.tolist()):
        tokens[line, : len(texts[row])], lengths[line] = texts[row], len(texts[row])
    return tokens, lengths
