"""The card of a sentiment model; `measuring.scores` has its metrics, `golden_answers` its golden answers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np

from service.artifacts import bundle
from service.artifacts.card import (
    SENTIMENT_FORMAT_VERSION,
    Calibration,
    ConfidenceThreshold,
    Language,
    MixedRule,
    Poles,
    Score,
    SentimentCard,
    Split,
)
from service.interfaces import Array
from service.sentiment.classifier import SentimentClassifier
from training.data.texts import ENGLISH
from training.evaluation import checklist, classification, faithfulness, thresholds
from training.evaluation import metrics as metrics_module
from training.export import versions
from training.networks import review
from training.reporting import models_readme
from training.sentiment.measuring import mixing, scores
from training.sentiment.measuring.scores import SURE_ACCURACY
from training.sentiment.recipe.result import TrainingResult
from training.sentiment.texts import batches
from training.sentiment.texts.corpus import Corpus
from training.sentiment.texts.encoding import HEAD_TOKENS, MAX_TOKENS

MAX_UNKNOWN_SHARE = 0.5
MAX_ROUNDING_ERROR = 0.05  # of a probability, when the weights are rounded to bytes
COMMON_WORDS = 100
LEAST_COMMON = 0.25
MOST_UNKNOWN = 0.3
LEAST_TOKENS = 6
MIN_ENGLISH_SHARE = 0.75  # of very common English words that must be among the commonest words of an English vocabulary
SERVED_TEXTS = 1_000  # of the validation or the test part, to measure the model as it is served
TEXTS_AT_ONCE = 32

TAUGHT = (
    ", by what paragraph vectors say of long texts and of the unlabelled ones, and in a second round by the networks of the "
    "first, of all texts and of sentences without labels"
)
USES = (
    "the network, its vocabulary, its word vectors and its n-gram weights are fitted on it",
    "chooses epoch, network, blend, calibration and thresholds; neighbouring texts stay together",
    "looked at once, for the scores",
)


def make(result: TrainingResult, network: keras.Model, models_dir: Path, name: str) -> SentimentCard:
    """Return the card of the served `network`; its scores are of the probabilities before rounding to bytes."""
    corpus, shipped = result.corpus, result.shipped
    chosen = "the mean of all seeds' weights" if shipped is result.average else f"seed {shipped.seeds[0]}"
    sizes = review.sizes_of(network)
    chosen_thresholds, calibration_error = _thresholds(result)
    return SentimentCard(
        format_version=SENTIMENT_FORMAT_VERSION,
        task="sentiment",
        name=name,
        version=bundle.next_version(models_dir, name),
        network=f"text → words and spellings → vectors({sizes.vector}) → convolution({sizes.filters}) over 3 words, every 2 → "
        f"Bidirectional(LSTM({sizes.units})) → maximum over the text → {sizes.classes} logits, and weights of 1- to 3-grams",
        parameters=int(sum(np.prod(weight.shape) for weight in network.weights)),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        made_with=versions.made_with("gensim", "keras", "numpy", "scikit-learn", "scipy"),
        data=corpus.data,
        sets=corpus.sets,
        splits=_splits(corpus, saw_validation=result.saw_validation),
        settings=_settings(result),
        seeds=[run.seeds[0] for run in result.runs],
        seed=shipped.seeds[0],
        choice=f"Epoch and network are those with the least validation loss; {chosen} ships.",
        scores=scores.of_result(result, chosen_thresholds),
        spread=[
            metrics_module.seed_statistics(metric, split, values)
            for split, by_metric in scores.by_seed(result, chosen_thresholds).items()
            for metric, values in by_metric.items()
        ],
        limits=_limits(corpus),
        classes=list(corpus.classes),
        poles=_poles(corpus),
        max_tokens=MAX_TOKENS,
        truncation="keep_head_and_tail",
        head_tokens=HEAD_TOKENS,
        vocabulary=sizes.vocabulary,
        max_unknown_share=MAX_UNKNOWN_SHARE,
        language=_language(result.initialization.words),
        explanation_baseline=np.asarray(review.layer(network, "evidence").baseline(), np.float64).tolist(),
        calibration=_calibration(corpus, chosen_thresholds, calibration_error),
    )


def _splits(corpus: Corpus, *, saw_validation: bool) -> list[Split]:
    chooses = USES[1] + ("; afterwards the n-gram weights learn it, too" if saw_validation else "")
    return [
        Split(name="train", rows=corpus.train_count, use=USES[0]),
        Split(name="validation", rows=len(corpus.validation.texts), use=chooses),
        *(Split(name=part.name, rows=len(part.texts), use=USES[2]) for part in corpus.tests.values()),
    ]


def _calibration(corpus: Corpus, chosen: Sequence[thresholds.Threshold], error: float) -> Calibration:
    """What the card says of the confidence; the blend has calibrated it, so the temperature is 1."""
    return Calibration(
        temperature=1.0,
        fitted_on="validation, every set weighing the same",
        expected_calibration_error=error,
        bins=15,
        measured_on="validation",
        confidence_thresholds=[
            ConfidenceThreshold(
                max_tokens=each.max_tokens,
                confidence=each.confidence,
                coverage=each.coverage,
                accuracy_covered=each.accuracy,
            )
            for each in chosen
        ],
        threshold_choice=f"the least at which {SURE_ACCURACY:.0%} of the validation answers are right"
        + (", of texts of the poles" if corpus.poles else ""),
    )


def _poles(corpus: Corpus) -> Poles | None:
    if corpus.poles is None:
        return None
    negative, positive = corpus.poles
    return Poles(negative=corpus.classes[negative], positive=corpus.classes[positive])


def _limits(corpus: Corpus) -> list[str]:
    """What the model cannot do, in words."""
    return [
        *(["two classes only; neutral texts get one of them"] if corpus.poles and len(corpus.classes) == 2 else []),
        f"learnt from {corpus.data.source}; other kinds of text and other languages were not measured",
        "sarcasm, and opinions that only knowledge of the world tells, are not understood",
    ]


def _settings(result: TrainingResult) -> dict[str, Any]:
    """The settings of the training run, for the card."""
    corpus, shipped, config = result.corpus, result.shipped, result.config
    teacher = TAUGHT if result.has_teacher else ""
    made = "; texts of a grammar" if corpus.has_generated else ""
    blend = shipped.blend
    return {
        "started_from": result.initialization.version,
        "word_vectors": result.initialization.vectors_source,
        "epochs": shipped.best_epoch,
        "epochs_at_most": config.epochs,
        "unlabelled_texts": len(corpus.unlabelled),
        "ngrams": "fitted to the validation part, too, with the strength that was chosen there"
        if result.saw_validation
        else "fitted to the training part",
        "taught": f"by the labels, smoothed by their quality{teacher}{made}",
        "shares": ", ".join(f"{pool.name} {pool.share:g}" for pool in corpus.pools),
        "batch": f"{batches.MIN_ROWS} to {batches.MAX_ROWS} texts",
        "optimizer": f"adam, {shipped.learning_rate:g}, gradient norm at most 1",
        "spelt": f"{config.spelt:.0%} of the words, {batches.MISSPELT_SHARE:.0%} of them wrongly",
        "crops": f"{config.crop_share:.0%} of texts longer than {batches.CROP_WORDS[1]} words, an epoch",
        "blend": f"{blend.network:.3f} × network + {blend.linear:.3f} × n-grams + bias",
    }


def _language(words: Sequence[str]) -> Language | None:
    """The rule that detects texts in other languages, if the most frequent words of the vocabulary are English."""
    if len(ENGLISH.intersection(words[: COMMON_WORDS + 2])) < MIN_ENGLISH_SHARE * len(ENGLISH):
        return None
    return Language(
        code="en",
        common_words=COMMON_WORDS,
        least_common=LEAST_COMMON,
        most_unknown=MOST_UNKNOWN,
        least_tokens=LEAST_TOKENS,
        threshold_choice="chosen on texts of the sets (0.3 % of tweets are called foreign) and on messages of programs in 106 languages (94 %)",
    )


def _thresholds(result: TrainingResult) -> tuple[list[thresholds.Threshold], float]:
    """The confidence thresholds by length, and the calibration error of the validation part: the mean over its sets."""
    validation = result.held_out[0]
    part = validation.part
    probabilities = classification.softmax(result.shipped.logits[part.name])
    rows = scores.polar_rows(part.labels, result.corpus.poles)
    tokens = np.array([len(text) for text in validation.tokens])
    chosen = thresholds.choose(
        part.labels[rows], probabilities[rows], tokens[rows], SURE_ACCURACY, weights=part.weights[rows]
    )
    errors = [
        classification.expected_calibration_error(part.labels[own], probabilities[own])
        for own in (part.of_set(name) for name in dict.fromkeys(part.sets))
    ]
    return chosen, float(np.mean(errors))


def _probabilities(classifier: SentimentClassifier, texts: Sequence[str]) -> Array:
    """The probabilities (texts, classes) as served; a few texts at a time, because long ones take much memory."""
    parts = [texts[begin : begin + TEXTS_AT_ONCE] for begin in range(0, len(texts), TEXTS_AT_ONCE)]
    return np.array(
        [
            prediction.probabilities
            for part in parts
            for prediction in classifier.predict([classifier.prepare(text) for text in part])
        ]
    )


def with_behaviour(
    card: SentimentCard, classifier: SentimentClassifier, result: TrainingResult
) -> tuple[SentimentCard, list[checklist.Outcome]]:
    """Return the card with its rule for mixed texts, scores of the model as served, and the outcomes of the checklist.

    The checklist is for English texts and for models with poles.
    """
    part = result.held_out[-1 if result.saw_validation else 0].part
    step = max(1, len(part.texts) // SERVED_TEXTS)
    texts, labels = part.texts[::step], part.labels[::step]
    probabilities = _probabilities(classifier, texts)
    outcomes = checklist.run(classifier) if card.language and card.poles else []
    served = classification.class_metrics(labels, probabilities)
    measured = [
        Score(split=part.name, subject=models_readme.SERVED, count=len(texts), metrics=served),
        Score(
            split=part.name,
            subject=models_readme.REASONS,
            count=len(texts),
            metrics=faithfulness.erasure(classifier, texts),
        ),
        *(
            Score(
                split=models_readme.CHECKLIST,
                subject=outcome.capability,
                count=outcome.cases,
                metrics={"passed": outcome.passed / outcome.cases},
            )
            for outcome in outcomes
        ),
    ]
    rule = mixing.choose(classifier, result.held_out[0].part, result.corpus.poles)
    mixed = MixedRule(positive=rule.positive, negative=rule.negative, threshold_choice=rule.choice) if rule else None
    return card.model_copy(update={"scores": [*card.scores, *measured], "mixed": mixed}), outcomes
