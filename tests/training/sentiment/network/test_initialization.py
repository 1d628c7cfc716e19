"""What a network begins with: vectors of the texts or of a file, or a trained version."""

import numpy as np
import pytest

from training.data.tables import DataError
from training.sentiment.texts.encoding import count_words

pytestmark = pytest.mark.slow
TEXTS = [f"the film was {word} and {word} long." for word in ("good", "bad", "good", "dull", "bad", "dull")]


@pytest.fixture
def quiet():
    from rich.console import Console

    return Console(quiet=True)


def test_words_are_counted_with_the_weights_of_their_texts():
    from training.sentiment.network import initialization

    counts = initialization.count_words([(["a b", "a"], 0.5), (["a c"], 2.0)])
    assert counts == {"a": 3.0, "b": 0.5, "c": 2.0}
    assert set(initialization.count_words([(TEXTS, 1.0)])) == set(count_words(TEXTS))


def test_vectors_of_the_texts_are_those_of_the_network(quiet):
    """The ends of sentences are in the vocabulary; pieces of words have vectors too."""
    from training.sentiment.network.initialization import VECTOR_SIZE, from_texts

    first = from_texts([(TEXTS, 1.0)], 20, None, quiet)
    second = from_texts([(TEXTS, 1.0)], 20, None, quiet)
    assert first.words[:6] == ["", "[UNK]", "。", "！", "？", "and"]
    assert {"good", "bad", "dull", "film"} <= set(first.words)
    assert first.vectors.shape == (len(first.words), VECTOR_SIZE)
    np.testing.assert_array_equal(second.vectors, first.vectors)
    network = first.build_network(["a", "b", "c"])
    vectors, pieces = (np.asarray(each) for each in network.get_layer("vectors").get_weights())
    np.testing.assert_array_equal(vectors, first.vectors)
    np.testing.assert_array_equal(pieces, first.pieces)
    assert pieces.any()
    assert network.output_shape == (None, 3)


def test_vectors_of_a_file_are_the_first_half(tmp_path, quiet):
    from training.sentiment.network.initialization import from_texts

    file = tmp_path / "v.npz"
    np.savez(file, words=np.array("film\nlong"), vectors=np.array([[1.0, -1.0, 2.0], [2.0, 0.5, -1.0]]))
    made = from_texts([(TEXTS, 1.0)], 20, file, quiet)
    film, good = (made.vectors[made.words.index(word)] for word in ("film", "good"))
    np.testing.assert_allclose(film[:3] / film[0], [1.0, -1.0, 2.0], rtol=1e-5)
    assert not good[:3].any()
    assert good[3:].any()
    assert "v.npz" in made.vectors_source


def test_texts_of_single_words_are_an_error(quiet):
    """Such a file holds no reviews; and a vocabulary of five words has none but those of the network."""
    from training.sentiment.network.initialization import from_texts

    for texts, vocabulary in ((["good", "bad"] * 9, 20), (TEXTS, 5)):
        with pytest.raises(DataError, match="near each other"):
            from_texts([(texts, 1.0)], vocabulary, None, quiet)


def test_output_weights_of_classes_of_the_same_name_are_taken_over():
    """Those of other classes, and where a text's length matters, begin anew."""
    from training.networks import review
    from training.sentiment.network.initialization import Initialization

    rng = np.random.default_rng(0)
    sizes = review.Sizes(9, 4, 6, 5, 2)
    trained = review.trainable_network(sizes, (0.0, 0.0))
    layer = review.layer(trained, "evidence")
    for weights in (layer.bias, layer.baseline_state, layer.length_slope):
        weights.assign(rng.normal(size=weights.shape))
    vectors, pieces = trained.get_layer("vectors").get_weights()
    start = Initialization(
        ["", "[UNK]", *"abcdefg"],
        vectors,
        pieces,
        {name: review.layer(trained, name).get_weights() for name in ("pairs", "states", "evidence")},
        ("negative", "positive"),
    )
    network = start.build_network(["negative", "neutral", "positive"])
    assert review.sizes_of(network) == sizes._replace(classes=3)
    for name in ("pairs", "states"):
        for weights, expected in zip(
            review.layer(network, name).get_weights(), review.layer(trained, name).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(weights, expected)
    kernel, bias, baseline_state, length_slope = review.layer(network, "evidence").get_weights()
    np.testing.assert_array_equal(kernel[:, [0, 2]], np.asarray(layer.kernel))
    np.testing.assert_array_equal(bias, [float(layer.bias[0]), 0.0, float(layer.bias[1])])
    assert kernel[:, 1].any()
    assert not baseline_state.any()
    assert not length_slope.any()


def test_a_directory_without_a_version_cannot_be_started_from(tmp_path):
    from training.sentiment.network.initialization import from_version

    with pytest.raises(DataError, match="cannot be started from"):
        from_version(tmp_path)


def test_words_of_the_texts_join_the_vocabulary_as_they_were_spelt(quiet):
    """Those that occur twice, the commonest first; words that are known keep their numbers and vectors."""
    from training.sentiment.network.initialization import from_texts

    start = from_texts([(TEXTS, 1.0)], 20, None, quiet)
    made = start.with_words_of(["good goods goods", "zebra goods zebra", "once"])
    assert made.words == [*start.words, "goods", "zebra"]
    np.testing.assert_array_equal(made.vectors[: len(start.words)], start.vectors)
    assert made.vectors[-2:].any()
    network = made.build_network(["a", "b"])
    assert np.asarray(network.get_layer("vectors").get_weights()[0]).shape[0] == len(made.words)


def test_texts_without_new_words_change_nothing(quiet):
    from training.sentiment.network.initialization import from_texts

    start = from_texts([(TEXTS, 1.0)], 20, None, quiet)
    made = start.with_words_of(TEXTS)
    assert made.words == start.words
    np.testing.assert_array_equal(made.vectors, start.vectors)
