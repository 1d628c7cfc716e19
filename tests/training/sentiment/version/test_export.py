"""The exported network is the trained one, or nothing is exported."""

from types import SimpleNamespace

import numpy as np
import pytest

from service.sentiment.classifier import SentimentClassifier
from tests import fakes

pytestmark = pytest.mark.slow
TEXTS = ["a good film", "a bad film", "a film", "good good"] * 40


def validation_of(shift=0.0):
    """Validation texts, and logits of a trained network that differ from the exported one's by `shift`."""
    from training.sentiment.network.seeds import Encoded
    from training.sentiment.texts.corpus import Labelled

    classifier = SentimentClassifier(fakes.sentiment_bundle())
    predictions = classifier.predict([classifier.prepare(text) for text in TEXTS])
    logits = np.log([prediction.probabilities for prediction in predictions])
    logits[2::4, 2] += shift
    part = Labelled("validation", TEXTS, np.zeros(len(TEXTS), np.int64), ["a"] * len(TEXTS))
    return classifier, Encoded(part, [], logits), np.asarray(logits)


def test_a_network_that_answers_as_the_trained_one_did_is_exported():
    from training.sentiment.version.export import check_agreement

    check_agreement(*validation_of())
    check_agreement(*validation_of(0.1))


def test_a_network_that_answers_otherwise_is_a_defect():
    """Such as one that splits texts in another way."""
    from training.sentiment.version.export import check_agreement

    with pytest.raises(RuntimeError, match=r"differs from the trained one by 0\.\d+"):
        check_agreement(*validation_of(1.0))


def test_the_blend_is_folded_into_the_weights():
    """The served network gives the probabilities of network and n-grams blended, and its baseline is that of the texts."""
    from tests import review_networks
    from tests.review_networks import BUCKETS, CLASSES, padded
    from training.evaluation.classification import Blend, softmax
    from training.networks import review
    from training.sentiment.linear import ngrams
    from training.sentiment.network import fitting
    from training.sentiment.network.fitting import Words
    from training.sentiment.version.export import fold_blend

    rng = np.random.default_rng(0)
    spellings = np.zeros((review_networks.VOCABULARY, 24), np.uint8)
    words = Words(spellings, review_networks.VOCABULARY)
    rows = padded(rng, [9, 30, 4], 30)
    rows[rows == 1] = 2
    texts = [row[row > 0] for row in rows]
    network = review_networks.trainable()
    linear = ngrams.Linear(
        rng.normal(size=(BUCKETS, CLASSES)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    )
    blend = Blend(0.8, 0.3, (0.1, 0.0, -0.1))
    result = SimpleNamespace(
        shipped=SimpleNamespace(network=network, blend=blend),
        corpus=SimpleNamespace(poles=(0, 2)),
        held_out=[SimpleNamespace(tokens=texts)],
        words=words,
    )
    served = fold_blend(result, linear)
    logits = blend(fitting.logits(network, texts, words), linear.logits(ngrams.count(texts, BUCKETS)))
    outputs = served([rows, np.zeros((0, 24), np.uint8)])
    np.testing.assert_allclose(outputs["probability"], softmax(logits), atol=0.03)
    baseline_state, _ = fitting.baseline_states(network, texts, words, np.random.default_rng(0))
    np.testing.assert_allclose(review.layer(served, "evidence").baseline_state, baseline_state, atol=1e-5)
