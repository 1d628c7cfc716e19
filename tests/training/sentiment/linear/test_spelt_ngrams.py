"""The linear model that knows the words' character n-grams. No TensorFlow."""

import numpy as np
import pytest

from training.sentiment.linear import ngrams, spelt_ngrams
from training.sentiment.linear.spelt_ngrams import Labelled

ENDINGS = ("ful", "less", "ish")
STEMS = [f"{first}{second}" for first in ("har", "tas", "col", "pen") for second in ("m", "te", "or", "ni", "ba", "lu")]
WORDS = ["", "[UNK]", *(stem + ending for ending in ENDINGS for stem in STEMS), *(f"filler{n}" for n in range(20))]
FILLER = range(2 + len(ENDINGS) * len(STEMS), len(WORDS))


def texts_of(rng, classes, stems, count):
    """Texts of filler and one word, whose ending tells the class."""
    labels = np.arange(count) % classes
    found = []
    for label in labels:
        word = 2 + label * len(STEMS) + int(rng.choice(stems))
        found.append(np.array([*rng.choice(FILLER, 4), word], np.int32))
    return Labelled(found, labels)


@pytest.mark.parametrize("classes", [2, 3])
def test_words_that_no_text_has_are_told_by_their_pieces(classes):
    """Two classes have opposite weights; a text's logits are those of n-grams of words alone."""
    rng = np.random.default_rng(0)
    training, held = (texts_of(rng, classes, range(12), count) for count in (240, 60))
    new = texts_of(rng, classes, range(12, len(STEMS)), 90)
    found = spelt_ngrams.fit(training, held, WORDS, classes, None)
    assert found.strength in spelt_ngrams.STRENGTHS
    for model in (found.training, found.all):
        assert model.weights.shape[1] == classes
        assert np.mean(model.predict(new.texts, len(WORDS)).argmax(axis=1) == new.labels) > 0.95
    if classes == 2:
        np.testing.assert_array_equal(found.all.weights[:, 0], -found.all.weights[:, 1])


def test_the_last_model_has_learnt_the_validation_texts_too():
    rng = np.random.default_rng(1)
    training, held = texts_of(rng, 2, range(4), 40), texts_of(rng, 2, range(12), 40)
    found = spelt_ngrams.fit(training, held, WORDS, 2, None)
    assert (found.training.weights != found.all.weights).any()


def test_what_other_texts_taught_is_kept():
    """The prior knows words that the few texts do not have and whose spelling says nothing."""
    rng = np.random.default_rng(2)
    prior = np.zeros((1 << 20, 2), np.float32)
    names = {number: list(FILLER)[number] for number in range(8)}
    for number, word in names.items():
        (bucket,) = np.flatnonzero(np.asarray(ngrams.count([np.array([word], np.int32)]).todense()).ravel())
        prior[bucket, number % 2] = 1.0
    rest = list(FILLER)[8:]

    def texts(words, count):
        labels = np.arange(count) % 2
        chosen = [names[int(rng.choice(words)) * 2 + label] for label in labels]
        return Labelled([np.array([*rng.choice(rest, 3), word], np.int32) for word in chosen], labels)

    training, held, new = texts([0, 1], 80), texts([0, 1], 40), texts([2, 3], 40)
    found = spelt_ngrams.fit(training, held, WORDS, 2, prior)
    assert np.mean(found.all.predict(new.texts, len(WORDS)).argmax(axis=1) == new.labels) > 0.9


def test_unknown_words_and_padding_have_no_pieces():
    counts = spelt_ngrams.character_counts(WORDS, np.array([0, 1, 2]))
    assert counts[:2].nnz == 0
    assert counts[2].sum() > 0
