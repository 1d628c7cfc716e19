"""A fitted result → a verified version on disk, with its card, its checklist, its pictures and its report."""

import tempfile
from pathlib import Path

import keras
import numpy as np

from service.artifacts.card import SentimentCard
from service.artifacts.domain import FILE as DOMAIN_FILE
from service.interfaces import Array, Tokens
from service.sentiment.classifier import SentimentClassifier
from training.evaluation import checklist, classification
from training.export.versions import save_classifier
from training.networks import review
from training.reporting import models_readme
from training.sentiment.ablation.table import AblationTable
from training.sentiment.linear import ngrams
from training.sentiment.measuring import domain
from training.sentiment.network import fitting
from training.sentiment.network.initialization import SEED
from training.sentiment.network.seeds import Encoded
from training.sentiment.recipe.result import TrainingResult
from training.sentiment.report import page as sentiment_page
from training.sentiment.report import wording
from training.sentiment.texts.encoding import Encoder
from training.sentiment.version import card as sentiment_card
from training.sentiment.version import golden_answers


def export(
    result: TrainingResult,
    linear: ngrams.Linear,
    models_dir: Path,
    name: str,
    directory: Path,
    table: AblationTable | None,
) -> tuple[SentimentCard, Path]:
    """Measure the shipped network on the test parts, write it as a new version, and write the report to `directory`."""
    words = result.initialization.words
    network = fold_blend(result, linear)
    card = sentiment_card.make(result, network, models_dir, name)
    classifier = golden_answers.in_memory(card, words, network)
    check_agreement(classifier, result.held_out[0], served_logits(result, linear))
    card, outcomes = sentiment_card.with_behaviour(card, classifier, result)
    golden = golden_answers.golden_answers(classifier)
    described = None if result.corpus.sets else domain.fit(*_read_tokens(result), words)  # many sets have no domain
    if described:
        card = card.model_copy(update={"domain": described.limits})
    with tempfile.TemporaryDirectory() as scratch:
        pictures = sentiment_page.draw(Path(scratch), result, card)
        files = {f"plots/{name}.png": path for name, path in pictures.items()}
        if described:
            files[DOMAIN_FILE] = described.write(Path(scratch) / DOMAIN_FILE)
        if outcomes:
            files[checklist.FILE] = checklist.write(Path(scratch) / checklist.FILE, outcomes)
        if table:
            files[models_readme.ABLATION_FILE] = table.write(Path(scratch) / models_readme.ABLATION_FILE)
        path, served = save_classifier(models_dir, card, golden, network, words, files=files)
    page = sentiment_page.write(directory, result, card, served, outcomes)
    said = (wording.recommendation(result), wording.test_comparison(result), str(page))
    print(*filter(None, said), sep="\n")
    return card, path


def _read_tokens(result: TrainingResult) -> tuple[list[Tokens], list[Tokens]]:
    """The tokens of the training texts and of the validation texts, as the network reads them."""
    encoder = Encoder(result.initialization.words)
    training = [encoder.truncated(text) for pool in result.corpus.pools for text in pool.texts]
    return training, result.held_out[0].tokens


def fold_blend(result: TrainingResult, linear: ngrams.Linear) -> keras.Model:
    """Return the network to serve, with the blend folded into its weights; the baseline is that of the validation texts."""
    shipped = result.shipped
    blend = shipped.blend
    model = review.quantize(shipped.network, linear.weights * blend.linear, result.corpus.poles)
    layer = review.layer(model, "evidence")
    rng = np.random.default_rng(SEED)
    validation = result.held_out[0].tokens
    baseline_state, length_slope = fitting.baseline_states(shipped.network, validation, result.words, rng)
    layer.baseline_state.assign(baseline_state)
    layer.length_slope.assign(length_slope)
    layer.kernel.assign(layer.kernel * blend.network)
    layer.bias.assign(layer.bias * blend.network + linear.bias * blend.linear + np.asarray(blend.bias, np.float32))
    return model


def served_logits(result: TrainingResult, linear: ngrams.Linear) -> Array:
    """Return the logits of the validation texts as the network will serve them, with the n-gram weights that ship."""
    tokens = result.held_out[0].tokens
    network = fitting.logits(result.shipped.network, tokens, result.words)
    return result.shipped.blend(network, linear.predict(tokens, len(result.initialization.words)))


def check_agreement(classifier: SentimentClassifier, validation: Encoded, logits: Array) -> None:
    """Raise RuntimeError if the exported network differs from the trained one by more than the rounding of weights allows.

    The exported network reads raw texts; the trained one has read the tokens of the validation part and gave these `logits`.
    """
    texts = validation.part.texts
    rows = range(0, len(texts), max(1, len(texts) // 64))
    predictions = classifier.predict([classifier.prepare(texts[row]) for row in rows])
    expected = classification.softmax(logits)
    difference = max(
        float(np.abs(np.array(prediction.probabilities) - expected[row]).max())
        for prediction, row in zip(predictions, rows, strict=True)
    )
    if difference > sentiment_card.MAX_ROUNDING_ERROR:
        raise RuntimeError(f"the exported network differs from the trained one by {difference:g}")
