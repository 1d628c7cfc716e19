"""N-gram counts, and the linear model of them. No TensorFlow."""

import numpy as np
import pytest

from training.sentiment.linear import ngrams


def tokens(*texts):
    return [np.array(text, np.int32) for text in texts]


def one_hot(labels, classes=3):
    return np.eye(classes, dtype=np.float32)[labels]


def test_a_text_has_words_pairs_and_triples():
    """A short text has no pairs, an empty one nothing; the order of words matters to pairs."""
    counts = ngrams.count(tokens([5, 6, 5], [5, 5, 6], [7], []), 10_007)
    assert counts.sum(axis=1).ravel().tolist() == [[3 + 2 + 1, 3 + 2 + 1, 1, 0]]
    assert counts[0].max() == 2
    assert (counts[0] != counts[1]).nnz > 0


def test_presence_is_one_where_an_ngram_occurs_twice():
    presence = ngrams.presence(tokens([5, 6, 5]))
    assert presence.max() == 1
    assert presence.sum() == 2 + 2 + 1


PAIRS = ([3, 4], [4, 3], [3, 3])


def pairs(rng, count, classes=3):
    """Texts whose label depends on the order of two words, so that no single word tells it."""
    labels = np.arange(count) % classes
    texts = []
    for label in labels:
        other_words = rng.integers(10, 30, 6).tolist()
        texts.append([*other_words[:3], *PAIRS[label], *other_words[3:]])
    return ngrams.count(tokens(*texts), 1 << 14), labels


@pytest.mark.parametrize("classes", [2, 3])
def test_the_linear_model_learns_from_a_pair_of_words(classes):
    """Two classes have opposite weights."""
    counts, labels = pairs(np.random.default_rng(0), 300, classes)
    model = ngrams.fit(counts[:200], one_hot(labels[:200], classes))
    assert (model.weights.shape, model.bias.shape) == ((1 << 14, classes), (classes,))
    assert model.weights.dtype == model.bias.dtype == np.float32
    assert np.mean(model.logits(counts[200:]).argmax(axis=1) == labels[200:]) == 1.0
    if classes == 2:
        np.testing.assert_array_equal(model.weights[:, 0], -model.weights[:, 1])


def test_prior_weights_help_where_there_are_few_texts():
    """The weights of many texts are kept by a model fitted further to a few texts with other words."""
    rng = np.random.default_rng(1)
    counts, labels = pairs(rng, 300)
    prior = ngrams.fit(counts, one_hot(labels)).weights
    few, few_labels = pairs(rng, 3)
    accuracies = [
        np.mean(ngrams.fit(few, one_hot(few_labels), weights).logits(counts).argmax(axis=1) == labels)
        for weights in (prior, None)
    ]
    assert accuracies[0] == 1.0
    assert accuracies[1] < 1.0


def test_prior_weights_may_have_other_classes():
    """Weights of three classes help to tell two others that follow from them."""
    rng = np.random.default_rng(2)
    counts, labels = pairs(rng, 300)
    prior = ngrams.fit(counts, one_hot(labels)).weights
    few, few_labels = pairs(rng, 12)
    model = ngrams.fit(few, one_hot((few_labels == 1).astype(int), 2), prior)
    assert np.mean(model.logits(counts).argmax(axis=1) == (labels == 1)) == 1.0


def test_a_text_without_weight_has_no_effect():
    """Half of the labels are wrong and have weight 0; without weights the model cannot learn."""
    counts, labels = pairs(np.random.default_rng(2), 300)
    wrong = np.arange(300) % 4 < 2
    given = one_hot(np.where(wrong, (labels + 1) % 3, labels))
    model = ngrams.fit(counts, given, None, np.where(wrong, 0.0, 1.0))
    assert np.mean(model.logits(counts).argmax(axis=1)[~wrong] == labels[~wrong]) == 1.0


def test_soft_targets_give_logits_between():
    """Texts of one kind are of the first class with probability 0.7, those of the other kind always of the second."""
    counts = ngrams.count(tokens(*([3, 4], [5, 6]) * 200), 1 << 10)
    model = ngrams.fit(counts, np.array([[0.7, 0.3], [0.0, 1.0]] * 200, np.float32))
    first, second = model.logits(counts[:2])
    assert 1 / (1 + np.exp(first[1] - first[0])) == pytest.approx(0.7, abs=0.02)
    assert second[1] - second[0] > 3


def test_a_class_without_texts_is_refused():
    counts, _ = pairs(np.random.default_rng(0), 9)
    with pytest.raises(ValueError, match="every class needs texts"):
        ngrams.fit(counts, one_hot([0, 1] * 4 + [0]))
