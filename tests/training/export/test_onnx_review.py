"""The ONNX form of the sentiment network."""

from pathlib import Path

import numpy as np
import pytest

from service.artifacts import onnx
from service.artifacts.tokenizer import SPELLING_BYTES, UNKNOWN
from tests import review_networks

pytestmark = pytest.mark.slow
KINDS = [(2, True), (2, False), (3, True), (3, False), (5, True), (5, False)]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: f"{kind[0]} classes{', poles' if kind[1] else ''}")
def both(request):
    """The network, and its compiled form."""
    from training.export.onnx_review import compile_classifier

    network = review_networks.served(np.random.default_rng(0), *request.param)
    return network, onnx.session(Path("x"), compile_classifier(network), 1, onnx.TEXT_INPUTS)


@pytest.mark.parametrize("width", [1, 2, 3, 8, 31])
def test_the_compiled_network_gives_the_same_outputs(both, width):
    """Texts of any length up to the width, the empty one too, with unknown words."""
    network, session = both
    rng = np.random.default_rng(width)
    lengths = np.array([width, 0, *rng.integers(0, width + 1, 6)], np.int32)
    tokens = review_networks.padded(rng, lengths, width)
    spellings = review_networks.spelt(rng, tokens)
    compiled, expected = session(tokens, lengths, spellings, np.array(True)), network([tokens, spellings])
    assert set(compiled) == set(expected)
    for name, values in compiled.items():
        np.testing.assert_allclose(values, expected[name], atol=1e-5, err_msg=name)


def test_without_explain_only_the_weights_are_missing(both):
    _, session = both
    rng = np.random.default_rng(0)
    lengths = np.array([5, 2], np.int32)
    tokens = review_networks.padded(rng, lengths, 5)
    inputs = (tokens, lengths, review_networks.spelt(rng, tokens))
    explained, plain = (session(*inputs, np.array(is_explained)) for is_explained in (True, False))
    assert plain["weights"].shape == (2, 0, plain["probability"].shape[1])
    for name in ("probability", "evidence"):
        np.testing.assert_array_equal(plain[name], explained[name])


def test_texts_without_unknown_words_and_texts_of_unknown_words_only(both):
    network, session = both
    for token in (UNKNOWN, 7):
        tokens = np.full((2, 4), token, np.int32)
        spellings = review_networks.spelt(np.random.default_rng(1), tokens)
        assert spellings.shape == ((8 if token == UNKNOWN else 0), SPELLING_BYTES)
        compiled = session(tokens, np.array([4, 4], np.int32), spellings, np.array(True))
        for name, values in network([tokens, spellings]).items():
            np.testing.assert_allclose(compiled[name], values, atol=1e-5, err_msg=name)


def test_texts_of_nothing_have_the_baseline(both):
    """A batch of them has one column of padding."""
    network, session = both
    nothing = np.zeros((0, SPELLING_BYTES), np.uint8)
    outputs = session(np.zeros((2, 1), np.int32), np.zeros(2, np.int32), nothing, np.array(True))
    baseline = np.exp(np.asarray(network.get_layer("reader").get_layer("evidence").baseline()))
    np.testing.assert_allclose(outputs["probability"], [baseline / baseline.sum()] * 2, atol=1e-5)
    assert not outputs["weights"].any()
    assert not outputs["evidence"].any()


def test_a_text_has_the_same_answer_among_other_texts(both):
    """Whatever their lengths, and whatever unknown words they have."""
    _, session = both
    rng = np.random.default_rng(2)
    lengths = np.array([1, 9, 4], np.int32)
    tokens = review_networks.padded(rng, lengths, 9)
    tokens[0, 0] = 3  # the end of a sentence, and nothing else
    spellings = review_networks.spelt(rng, tokens)
    together = session(tokens, lengths, spellings, np.array(True))
    rows = np.cumsum([0, *(tokens == UNKNOWN).sum(axis=1)])
    for row, length in enumerate(lengths):
        own = (tokens[row : row + 1, :length], lengths[row : row + 1], spellings[rows[row] : rows[row + 1]])
        alone = session(*own, np.array(True))
        np.testing.assert_allclose(alone["probability"][0], together["probability"][row], atol=1e-5)
        np.testing.assert_allclose(alone["evidence"][0], together["evidence"][row], atol=1e-5)
        np.testing.assert_allclose(alone["weights"][0], together["weights"][row, :length], atol=1e-5)
