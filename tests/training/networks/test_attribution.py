"""How a text's logits are shared between its steps, its words and its sentences."""

import numpy as np
import pytest

from tests import review_networks
from tests.review_networks import padded, spelt

pytestmark = pytest.mark.slow


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_word_weights_and_baseline_add_up_to_the_log_probabilities(rng, classes):
    """For any text, the empty one too, up to a number that all classes share; and padding changes nothing."""
    network = review_networks.served(rng, classes)
    tokens = padded(rng, [9, 4, 1, 0], 9)
    spellings = spelt(rng, tokens)
    outputs = {name: np.asarray(values) for name, values in network([tokens, spellings]).items()}
    baseline = np.asarray(network.get_layer("reader").get_layer("evidence").baseline())
    logits = outputs["weights"].sum(axis=1) + baseline
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(outputs["probability"], probabilities, atol=1e-5)
    wider = network([np.pad(tokens, ((0, 0), (0, 5))), spellings])
    np.testing.assert_allclose(np.asarray(wider["weights"])[:, :9], outputs["weights"], atol=1e-6)
    for name in ("probability", "evidence"):
        np.testing.assert_allclose(wider[name], outputs[name], atol=1e-6)
    assert not outputs["weights"][tokens == 0].any()


def test_a_text_of_average_length_and_states_has_the_baseline():
    """100 steps whose maximum is the expected one. What the length adds is taken from the states."""
    from training.networks.attribution import Attribution

    layer = Attribution(3)
    states = np.full((1, 100, 4), 0.25, np.float32)
    present = np.ones((1, 100), bool)
    layer(states, present)
    layer.baseline_state.assign(np.full(4, 0.25))
    layer.length_slope.assign(np.arange(4.0))
    outputs = layer(states, present)
    np.testing.assert_allclose(outputs["logits"][0], layer.baseline(), atol=1e-6)
    assert not np.asarray(outputs["steps"]).any()
    longer = layer(np.repeat(states, 2, axis=1), np.ones((1, 200), bool))
    np.testing.assert_allclose(longer["logits"][0], layer.baseline(), atol=1e-5)
    np.testing.assert_allclose(np.asarray(longer["steps"]).sum(axis=1), np.zeros((1, 3)), atol=1e-5)


def test_the_words_of_a_step_share_its_weight_by_their_own_weights():
    """An n-gram's weight goes to its words in equal parts; a word alone in its step has all of the step's weight."""
    from training.networks.attribution import SMOOTHING, WordWeights

    tokens = np.array([[7, 8, 9, 0]])
    ngrams = np.zeros((1, 4, 3, 2), np.float32)
    ngrams[0, 0, 0, 1] = 0.3 - SMOOTHING  # the first word
    ngrams[0, 0, 2, 1] = 0.9  # all three words together
    steps = np.zeros((1, 2, 2), np.float32)
    steps[0, :, 0] = [7.0, 2.0]
    weights = np.asarray(WordWeights()(tokens, steps, ngrams))
    share = 0.3 / (0.3 + SMOOTHING)
    np.testing.assert_allclose(weights[0, :, 0], [7 * share, 7 * (1 - share), 2.0, 0.0], rtol=1e-5)
    np.testing.assert_allclose(weights[0, :, 1], [0.3 - SMOOTHING + 0.3, 0.3, 0.3, 0.0], rtol=1e-5)


def test_the_evidence_is_that_of_the_most_positive_and_of_the_most_negative_sentence(rng):
    """A step and an n-gram count in the sentence in which they begin, and an end of a sentence belongs to it."""
    from training.networks.attribution import SentenceEvidence

    tokens = np.array([[7, 8, 2, 9, 3, 4, 7], [7, 1, 9, 0, 0, 0, 0], [2, 3, 4, 2, 3, 4, 2], [0] * 7])
    sentences: list[list[tuple[int, int]]]
    sentences = [[(0, 3), (3, 5), (5, 6), (6, 7)], [(0, 3)], [(word, word + 1) for word in range(7)], []]
    ngrams = rng.normal(size=(4, 7, 3, 4)).astype(np.float32) * (tokens > 0)[:, :, None, None]
    steps = rng.normal(size=(4, 4, 4)).astype(np.float32) * (tokens[:, ::2] > 0)[:, :, None]
    of_words = (ngrams[..., 3] - ngrams[..., 1]).sum(axis=2)
    of_words[:, ::2] += steps[..., 3] - steps[..., 1]
    evidence = np.asarray(SentenceEvidence((1, 3))(tokens, steps, ngrams))
    for row, spans in enumerate(sentences):
        sums = [0.0, *(float(of_words[row, start:end].sum()) for start, end in spans)]
        np.testing.assert_allclose(evidence[row], [max(sums), min(sums)], atol=1e-5)
    assert not np.asarray(SentenceEvidence(None)(tokens, steps, ngrams)).any()
