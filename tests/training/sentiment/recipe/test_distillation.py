"""A second round learns what the first one says."""

import numpy as np
import pytest

from tests import review_networks
from tests.review_networks import BUCKETS, CLASSES

pytestmark = pytest.mark.slow


def test_sentences_are_of_middling_length_and_few_of_a_text():
    """Of 4 to 40 words, at most three of a text, from all texts; and no more than are wanted."""
    from training.sentiment.recipe import distillation

    rng = np.random.default_rng(0)
    texts = [
        " ".join(f"Sentence {n} of text {row} is good." for n in range(5)) + " Too short. Yes." for row in range(9)
    ]
    texts.append("word " * 60)
    found = distillation.sentences(texts, 100, rng)
    assert len(found) == len(set(found)) == 27
    assert all(sentence.endswith("is good.") for sentence in found)
    assert len(distillation.sentences(texts, 4, rng)) == 4


def test_pools_get_softer_targets_and_sentences_are_a_pool_of_their_own():
    """The teacher is network and n-grams together, blended; and without sentences there is no further pool."""
    from training.evaluation.classification import Blend, softmax
    from training.sentiment.linear import ngrams
    from training.sentiment.network import fitting
    from training.sentiment.network.fitting import Words
    from training.sentiment.network.seeds import SeedRun
    from training.sentiment.recipe import distillation
    from training.sentiment.texts import batches
    from training.sentiment.texts.encoding import Encoder

    rng = np.random.default_rng(0)
    encoder = Encoder(["", "[UNK]", *(f"w{chr(97 + n % 26)}{n}" for n in range(review_networks.VOCABULARY - 2))])
    network = review_networks.trainable()
    linear = ngrams.Linear(rng.normal(size=(BUCKETS, CLASSES)).astype(np.float32), np.zeros(CLASSES, np.float32))
    blend = Blend(1.2, 0.7, np.array([0.1, 0.0, -0.1]))
    run = SeedRun((0,), network, {"loss": [1.0], "val_loss": [1.0]}, blend, {}, 1e-3)
    texts = [encoder.truncated(text) for text in ("wa0 wb1 strange", "wc2", "wd3 wd3 odd")]
    pool = batches.Pool(texts, np.eye(3, dtype=np.float32), 2.0)
    softer, sentences = distillation.taught([pool], ["wb1 unheard wc2", "wa0"], encoder, run, linear)
    words = Words(encoder.spellings(), len(encoder.vocabulary))
    unspelt = [np.where(text >= words.vocabulary, 1, text).astype(np.int32) for text in texts]
    logits = blend(fitting.logits(network, texts, words), linear.logits(ngrams.count(unspelt, BUCKETS)))
    share = distillation.TAUGHT_SHARE
    np.testing.assert_allclose(softer.targets, (1 - share) * pool.targets + share * softmax(logits), atol=1e-5)
    assert (softer.share, sentences.share) == (2.0, distillation.SENTENCE_SHARE)
    assert "unheard" in encoder.unknown
    assert sentences.targets.shape == (2, 3)
    np.testing.assert_allclose(sentences.targets.sum(axis=1), 1.0, atol=1e-5)
    assert len(distillation.taught([pool], [], encoder, run, linear)) == 1
