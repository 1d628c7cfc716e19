"""N-gram counts, and the linear model of them. No TensorFlow."""

import numpy as np

from training.sentiment import ngrams


def tokens(*texts):
    return [np.array(text, np.int32) for text in texts]


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


def pairs(rng, count):
    """Texts whose label depends on the order of two words, so that no single word tells it."""
    labels = np.array([0, 1] * (count // 2))
    texts = []
    for label in labels:
        other_words = rng.integers(10, 30, 6).tolist()
        texts.append([*other_words[:3], *([3, 4] if label == 0 else [4, 3]), *other_words[3:]])
    return ngrams.count(tokens(*texts), 1 << 14), labels


def test_the_linear_model_learns_from_a_pair_of_words():
    counts, labels = pairs(np.random.default_rng(0), 200)
    model = ngrams.fit(counts[:150], labels[:150])
    assert np.mean((model.logits(counts[150:]) > 0) == labels[150:]) == 1.0


def test_prior_weights_help_where_there_are_few_texts():
    """The weights of many texts are kept by a model fitted further to a few texts with other words."""
    rng = np.random.default_rng(1)
    counts, labels = pairs(rng, 200)
    prior = ngrams.fit(counts, labels).weights
    few, few_labels = pairs(rng, 10)
    further = ngrams.fit(few, few_labels, prior)
    assert np.corrcoef(further.logits(counts), counts @ prior)[0, 1] > 0.9


def test_a_label_without_weight_has_no_effect():
    """Half of the labels are wrong and have weight 0; without weights the model cannot learn."""
    counts, labels = pairs(np.random.default_rng(2), 200)
    wrong = np.arange(200) % 4 < 2
    model = ngrams.fit(counts, np.where(wrong, 1 - labels, labels), None, np.where(wrong, 0.0, 1.0))
    assert np.mean((model.logits(counts) > 0)[~wrong] == labels[~wrong]) == 1.0
