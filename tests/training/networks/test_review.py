"""The sentiment network: its fused LSTM, what each word adds, its bytes, and its compiled form."""

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow
VOCABULARY, BUCKETS = 50, 997


@pytest.fixture(scope="module")
def rng():
    return np.random.default_rng(0)


def padded(rng, lengths, width):
    tokens = np.zeros((len(lengths), width), np.int32)
    for line, length in enumerate(lengths):
        tokens[line, :length] = rng.integers(1, VOCABULARY, length)
    return tokens


@pytest.fixture(scope="module")
def network(rng):
    """A small one with chance weights, as it would be served."""
    from training.networks import review

    trained = review.trainable(VOCABULARY, 8, 6, 5, (0.2, 0.5))
    model = review.quantize(trained, rng.normal(size=BUCKETS).astype(np.float32))
    evidence = model.get_layer("reader").get_layer("evidence")
    for weights in (evidence.usual, evidence.growth):
        weights.assign(rng.normal(size=10) * 0.3)
    return model


def test_the_fused_lstm_is_keras_lstm_and_so_is_its_gradient(rng):
    """Both directions, texts of several lengths; the gradient by the weights and by what is read."""
    import keras
    import tensorflow as tf

    from training.networks.review import FusedLSTM

    values = tf.constant(rng.normal(size=(4, 7, 3)).astype(np.float32))
    mask = tf.constant(np.arange(7)[None] < np.array([7, 3, 1, 5])[:, None])
    plain = keras.layers.Bidirectional(keras.layers.LSTM(5, return_sequences=True))
    fused = keras.layers.Bidirectional(FusedLSTM(5, return_sequences=True))
    for layer in (plain, fused):
        layer(values, mask=mask)
    fused.set_weights(plain.get_weights())
    found = []
    for layer in (plain, fused):
        with tf.GradientTape() as tape:
            tape.watch(values)
            states = tf.where(mask[:, :, None], layer(values, mask=mask), 0.0)
            loss = tf.reduce_sum(tf.square(states - 0.3))
        found.append([states, *tape.gradient(loss, [values, *layer.trainable_variables])])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_weights_and_baseline_are_the_log_odds(network, rng):
    """Of any text, the empty one too; and padding changes nothing."""
    tokens = padded(rng, [9, 4, 1, 0], 9)
    found = network(tokens)
    odds = np.asarray(found["probability"])[:, 0]
    baseline = float(network.get_layer("reader").get_layer("evidence").baseline())
    np.testing.assert_allclose(
        np.asarray(found["weights"]).sum(axis=1) + baseline, np.log(odds / (1 - odds)), atol=1e-5
    )
    wider = network(np.pad(tokens, ((0, 0), (0, 5))))
    np.testing.assert_allclose(np.asarray(wider["weights"])[:, :9], found["weights"], atol=1e-6)
    assert not np.asarray(found["weights"])[tokens == 0].any()


@pytest.mark.parametrize("width", [1, 2, 3, 8, 31])
def test_the_compiled_network_answers_the_same(network, rng, width):
    from service.artifacts import onnx
    from training.export.onnx_review import compile_classifier

    run = onnx.session(Path("x"), compile_classifier(network), 1)
    lengths = np.array([width, *rng.integers(0, width + 1, 6)], np.int32)
    tokens = padded(rng, lengths, width)
    ours, theirs = run(tokens, lengths), network(tokens)
    for name in ("probability", "weights"):
        np.testing.assert_allclose(ours[name], theirs[name], atol=1e-5)


def test_weights_are_kept_in_bytes_closely_enough(rng):
    """Vectors within a 127th of a row's largest; n-gram weights the more closely the smaller they are."""
    from training.networks.review import Int8Embedding, NgramWeights

    vectors = rng.normal(size=(VOCABULARY, 8)).astype(np.float32)
    layer = Int8Embedding(VOCABULARY, 8)
    layer.build((None, None))
    layer.store(vectors)
    tokens = np.arange(VOCABULARY)[None]
    found = np.asarray(layer(tokens))[0]
    assert not found[0].any()
    assert np.all(np.abs(found - vectors)[1:] <= np.abs(vectors).max(axis=1, keepdims=True)[1:] / 127)
    ngrams = NgramWeights(BUCKETS)
    ngrams.build((None, None))
    weights = np.concatenate([[4.0], np.full(BUCKETS - 1, 0.002)]).astype(np.float32)
    ngrams.store(weights)
    kept = np.asarray(ngrams.codes, np.float64)
    np.testing.assert_allclose(kept * np.abs(kept) * float(ngrams.worth), weights, rtol=0.15)


def test_the_network_counts_the_n_grams_that_the_linear_model_counts(network, rng):
    """Bucket by bucket: their sum over a text is the linear model's logit."""
    from training.sentiment.ngrams import counted

    layer = network.get_layer("ngrams")
    tokens = padded(rng, [9, 2, 1], 9)
    codes = np.asarray(layer.codes, np.float64)
    expected = counted([row[row > 0] for row in tokens], BUCKETS) @ (codes * np.abs(codes) * float(layer.worth))
    np.testing.assert_allclose(np.asarray(layer(tokens)).sum(axis=(1, 2)), expected, atol=1e-4)


def test_a_network_is_built_again_from_its_layers(network, rng):
    import keras

    again = keras.models.model_from_json(network.to_json())
    again.set_weights(network.get_weights())
    tokens = padded(rng, [6, 3], 6)
    np.testing.assert_array_equal(again(tokens)["weights"], network(tokens)["weights"])


def test_usual_states_are_those_of_texts_as_long(rng):
    """Texts too short for extracts of them: on average they are what their length lets expect."""
    from training.networks import review
    from training.sentiment import fitting

    network = review.trainable(VOCABULARY, 8, 6, 5, (0.2, 0.5))
    texts = [row[row > 0] for row in padded(rng, [1, 2, 3, 4, 4, 0], 4)]
    usual, growth = fitting.baseline_states(network, texts, rng)
    longer = np.log(np.array([1, 1, 2, 2, 2]) / review.LENGTH)
    expected = usual + longer[:, None] * growth
    np.testing.assert_allclose(fitting.pooled(network, texts[:5]).mean(axis=0), expected.mean(axis=0), atol=1e-4)


def test_usual_states_are_of_texts_from_all_over_the_file(rng, monkeypatch):
    """A file in the order of its labels: the first texts alone would be of one class."""
    from training.networks import review
    from training.sentiment import fitting

    monkeypatch.setattr(fitting, "USUAL_FROM", 2)
    network = review.trainable(VOCABULARY, 8, 6, 5, (0.2, 0.5))
    first, last = np.array([5, 6], np.int32), np.array([40, 41], np.int32)
    usual, growth = fitting.baseline_states(network, [first, first, last, last], rng)
    expected = usual + np.log(1 / review.LENGTH) * growth
    np.testing.assert_allclose(fitting.pooled(network, [first, last]).mean(axis=0), expected, atol=1e-4)


def test_longer_texts_are_learnt_from_in_extracts_too(rng):
    """Some words in a row of some texts that are longer than extracts are, with the target of the whole; others every time."""
    from training.sentiment import fitting

    texts = [np.arange(2, 2 + length, dtype=np.int32) for length in (10, 64, 65, 300)]
    batches = fitting.Batches(texts, np.array([0, 1, 2, 3], np.float32), rng, extracts=0.5)
    extracts, of = [], []
    for _ in range(40):
        ((tokens, targets),) = batches
        rows = [row[row > 0] for row in tokens]
        assert len(rows) == 5
        found = [(row, int(key)) for row, key in zip(rows, targets, strict=True) if len(row) < len(texts[int(key)])]
        ((extract, key),) = found
        extracts.append(extract)
        of.append(key)
    lengths = [len(extract) for extract in extracts]
    assert 4 <= min(lengths) < max(lengths) <= 64
    assert all((np.diff(extract) == 1).all() for extract in extracts)
    assert set(of) == {2, 3}
    assert len({int(extract[0]) for extract in extracts}) > 10
    assert len(fitting.Batches(texts * 64, np.zeros(256, np.float32), rng, extracts=0.5)) == 5


def test_reading_texts_teaches_what_stands_near_what(rng):
    """Made-up texts in which every word is followed by its successor: foretelling gets better than chance."""
    import keras

    from training.networks import review
    from training.sentiment.pretraining import pretrain

    keras.utils.set_random_seed(0)
    texts = [(np.arange(40) + start) % (VOCABULARY - 2) + 2 for start in rng.integers(0, VOCABULARY, 1024)]
    network = review.trainable(VOCABULARY, 8, 16, 16, (0.0, 0.0))
    losses = []
    pretrain(network, [text.astype(np.int32) for text in texts], 15, 0, lambda _, loss: losses.append(loss))
    assert losses[-1] < 0.8 * losses[0]
