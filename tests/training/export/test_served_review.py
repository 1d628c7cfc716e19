"""Both forms of an exported sentiment network through the service's classifier, with random weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from service.artifacts import onnx, saved_model
from service.artifacts.tokenizer import Tokenizer
from service.sentiment.classifier import SentimentClassifier
from service.sentiment.judgement import contrast
from tests import fakes, review_networks

WORDS = ["", "[UNK]", "。", "！", "？", "…", "a", "the", "film", "usermention", "😂", "good", "10outof10", "don't"]
WORDS += [f"w{chr(97 + number % 26)}{number}" for number in range(review_networks.VOCABULARY - len(WORDS))]
TEXTS = [
    "un chef d'oeuvre bouleversant",
    "A good film! I don't like zzebra @you 10/10",
    "!!!",
    "--",
    "😂😂 🫠",
    "zebra " * 29,
    "the film. a film " * 30,
]


@pytest.fixture(scope="module")
def classifiers(tmp_path_factory):
    """The SavedModel, and its compiled form with our own tokenizer."""
    from training.export.onnx_review import compile_classifier
    from training.export.saved_model import write_classifier

    network = review_networks.served(np.random.default_rng(0))
    baseline = np.ravel(network.get_layer("reader").get_layer("evidence").baseline()).tolist()
    ends = {"max_tokens": 30, "truncation": "keep_head_and_tail", "head_tokens": 10}
    card = fakes.sentiment_card(**ends, explanation_baseline=baseline)
    path = tmp_path_factory.mktemp("review")
    write_classifier(path, WORDS, network, card)
    run = onnx.session(Path("network"), compile_classifier(network), 1, onnx.TEXT_INPUTS)
    saved = fakes.sentiment_bundle(card, saved_model.load(path, 1))
    compiled = replace(saved, network=run, tokenizer=Tokenizer(WORDS), backend="onnx")
    return SentimentClassifier(saved), SentimentClassifier(compiled)


@pytest.mark.slow
def test_both_forms_answer_alike(classifiers):
    """Probabilities, counts, warnings, weights; in a batch."""
    saved, compiled = (model.predict([model.prepare(text, True) for text in TEXTS]) for model in classifiers)
    for first, second in zip(saved, compiled, strict=True):
        assert first.probabilities == pytest.approx(second.probabilities, abs=1e-5)
        assert first.weights == pytest.approx(second.weights, abs=1e-5)
        assert first[2:8] == second[2:8]


@pytest.mark.slow
def test_weights_and_baseline_add_up(classifiers):
    for model in classifiers:
        for text in TEXTS:
            (prediction,) = model.predict([model.prepare(text, True)])
            baseline = contrast(np.array(model.card.explanation_baseline), prediction.label)
            total = baseline + sum(word.weight for word in model.attributions(text, prediction))
            assert total == pytest.approx(contrast(np.log(prediction.probabilities), prediction.label), abs=1e-4)
