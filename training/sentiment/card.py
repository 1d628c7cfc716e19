"""The card of a sentiment model, and its golden answers; `page` has the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np

from service.artifacts import bundle, golden, onnx
from service.artifacts.card import FORMAT_VERSION, Calibration, Language, Score, SentimentCard, Split, TrainingData
from service.artifacts.tokenizer import Tokenizer
from service.interfaces import Array
from service.sentiment.classifier import SentimentClassifier
from training.data.texts import ENGLISH, Texts
from training.evaluation import checklist, classification, faithfulness
from training.evaluation import metrics as metrics_module
from training.export import versions
from training.export.onnx_review import compile_classifier
from training.reporting import models_readme
from training.sentiment import fitting
from training.sentiment.encoding import HEAD_TOKENS, MAX_TOKENS, EncodedSplit
from training.sentiment.initialization import Initialization
from training.sentiment.options import FitConfig
from training.sentiment.seeds import SeedRun

SURE_ACCURACY = 0.98
MAX_UNKNOWN_SHARE = 0.5
TOLERANCE = 1e-4
MAX_ROUNDING_ERROR = 0.03  # of a probability, when the weights are rounded to bytes
COMMON_WORDS = 100
LEAST_COMMON = 0.25
MOST_UNKNOWN = 0.25
LEAST_TOKENS = 5
MIN_ENGLISH_SHARE = 0.75  # of very common English words that must be among the commonest words of an English vocabulary

USES = (  # of the training, validation and test set
    "the network, its vocabulary, its word vectors and its n-gram weights are fitted on it",
    "part of the training texts, classes in proportion, neighbours together; chooses epoch, network, blend and thresholds",
    "looked at once, for the scores",
)

# Written for this project; no review of the data set is shipped.
GOLDEN_TEXTS = (
    "A warm, funny and beautifully acted film. I left the cinema smiling and would gladly watch it again.",
    "Two hours of wooden dialogue and a plot that goes nowhere. I wanted my money back.",
    "It isn't bad, exactly, but it never decides what it wants to be.<br /><br />The score is lovely, though.",
    "Superb!",
    "zxqv blorf wibblefrotz",
)


@dataclass(frozen=True)
class TrainingResult:
    """What a run of training produced, before anything is exported."""

    labelled: Texts
    splits: tuple[EncodedSplit, EncodedSplit, EncodedSplit]  # training, validation and test set
    initialization: Initialization
    linear_logits: dict[str, Array]  # of n-grams fitted to the labels alone, by split
    config: FitConfig
    has_teacher: bool
    runs: list[SeedRun]
    average: SeedRun | None  # of the weights of all runs
    unlabelled_count: int

    @property
    def shipped(self) -> SeedRun:
        """The network of least validation loss."""
        labels, runs = self.splits[1].labels, [*self.runs, *([self.average] if self.average else [])]
        return min(runs, key=lambda run: classification.log_loss(labels, run.logits["validation"]))


def make(result: TrainingResult, network: keras.Model, models_dir: Path) -> SentimentCard:
    """Return the card of the served `network`; its test scores are of the probabilities before rounding to bytes."""
    labelled, shipped = result.labelled, result.shipped
    _, validation, test = result.splits
    chosen = "the mean of all seeds' weights" if shipped is result.average else f"seed {shipped.seeds[0]}"
    vectors, reader = network.get_layer("vectors"), network.get_layer("reader")
    units = reader.get_layer("states").forward_layer.units
    return SentimentCard(
        format_version=FORMAT_VERSION,
        task="sentiment",
        name="sentiment",
        version=bundle.next_version(models_dir, "sentiment"),
        network=f"text → words → vectors({vectors.size}) → convolution over 3 words, every 2 → Bidirectional(LSTM({units})) "
        "→ maximum over the text → logit, and weights of 1- to 3-grams",
        parameters=int(sum(np.prod(weight.shape) for weight in network.weights)),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        made_with=versions.made_with("gensim", "keras", "numpy", "scikit-learn", "scipy"),
        data=TrainingData(
            source=labelled.source,
            sha256=labelled.sha256,
            rows=sum(len(split.texts) for split in result.splits[:2]),
            columns=labelled.columns,
            audit=labelled.audit,
        ),
        splits=[
            Split(name=split.name, rows=len(split.texts), use=use)
            for split, use in zip(result.splits, USES, strict=True)
        ],
        settings=_settings(result),
        seeds=[run.seeds[0] for run in result.runs],
        seed=shipped.seeds[0],
        choice=f"Epoch and network are those with the least validation loss; {chosen} ships.",
        scores=_scores(result),
        spread=[
            metrics_module.seed_statistics(metric, split.name, values)
            for split in (validation, test)
            for metric, values in _metrics_by_seed(split, result.runs).items()
        ],
        limits=[
            "two classes only; mixed and neutral texts get one of them, often marked uncertain",
            f"learnt from {labelled.source}; other domains and languages were not measured",
            "a sentence alone is judged as a short review",
        ],
        classes=labelled.classes,
        max_tokens=MAX_TOKENS,
        truncation="keep_head_and_tail",
        head_tokens=HEAD_TOKENS,
        vocabulary=vectors.vocabulary,
        max_unknown_share=MAX_UNKNOWN_SHARE,
        language=_language(result.initialization.words),
        explanation_baseline=float(reader.get_layer("evidence").baseline()),
        calibration=_calibration(validation, test, shipped),
    )


def _settings(result: TrainingResult) -> dict[str, Any]:
    """The settings of the training run, for the card."""
    shipped, config = result.shipped, result.config
    teacher = " and what paragraph vectors say of the unlabelled texts" if result.has_teacher else ""
    blend = shipped.blend
    return {
        "started_from": result.initialization.version,
        "pretraining_epochs": result.initialization.epochs,
        "epochs": shipped.best_epoch,
        "epochs_at_most": config.epochs,
        "adversary": config.epsilon,
        "unlabelled_texts": result.unlabelled_count,
        "taught": f"by the labels{teacher}",
        "batch": fitting.BATCH,
        "optimizer": f"adam, {config.learning_rate}, gradient norm at most 1",
        "word_dropout": config.word_dropout,
        "extracts": f"{config.crop_share:.0%} of texts longer than {fitting.CROP_WORDS[1]} words, an epoch",
        "blend": f"{blend.network:.3f} × network + {blend.linear:.3f} × n-grams + {blend.bias:.3f}",
    }


def _scores(result: TrainingResult) -> list[Score]:
    """The scores of the network, of the n-grams alone, and of the majority class of the training set."""
    train, validation, test = result.splits
    logits, linear_logits = result.shipped.logits, result.linear_logits
    majority_class = int(train.labels.mean() >= 0.5)
    return [
        *(_score("model", split, _metrics(split, logits[split.name])) for split in (validation, test)),
        *(
            _score("n-grams", split, {"accuracy": classification.accuracy(split.labels, linear_logits[split.name])})
            for split in (validation, test)
        ),
        _score("majority class", test, {"accuracy": float((test.labels == majority_class).mean())}),
    ]


def _score(subject: str, split: EncodedSplit, metrics: dict[str, float]) -> Score:
    """A row of the card's scores."""
    return Score(split=split.name, subject=subject, count=len(split.texts), metrics=metrics)


def _metrics(split: EncodedSplit, logits: Array) -> dict[str, float]:
    """The metrics of one split, for the card."""
    return classification.class_metrics(split.labels, classification.sigmoid(logits))


def _metrics_by_seed(split: EncodedSplit, runs: Sequence[SeedRun]) -> dict[str, list[float]]:
    metrics_by_run = [_metrics(split, run.logits[split.name]) for run in runs]
    return {name: [metrics[name] for metrics in metrics_by_run] for name in metrics_by_run[0]}


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
        threshold_choice="chosen on sentences of training reviews and of handbooks in 15 European languages",
    )


def _calibration(validation: EncodedSplit, test: EncodedSplit, shipped: SeedRun) -> Calibration:
    validation_probabilities, probabilities = (
        classification.sigmoid(shipped.logits[split.name]) for split in (validation, test)
    )
    threshold = classification.confidence_threshold(validation.labels, validation_probabilities, SURE_ACCURACY)
    is_sure = np.maximum(probabilities, 1 - probabilities) >= threshold
    is_correct = (probabilities >= 0.5) == (test.labels == 1)
    return Calibration(
        temperature=1.0,
        fitted_on="validation",
        expected_calibration_error=classification.expected_calibration_error(test.labels, probabilities),
        bins=15,
        measured_on="test",
        confidence_threshold=threshold,
        threshold_choice=f"the least at which {SURE_ACCURACY:.0%} of the validation answers are right",
        coverage=float(is_sure.mean()),
        accuracy_covered=float(is_correct[is_sure].mean()) if is_sure.any() else 0.0,
    )


def in_memory(card: SentimentCard, words: Sequence[str], network: keras.Model) -> SentimentClassifier:
    """Return the service's classifier around the compiled network, as it will answer once it is a version."""
    run = onnx.session(Path("network"), compile_classifier(network), threads=1)
    return SentimentClassifier(
        bundle.Bundle(card, None, _golden([[0.0]] * len(GOLDEN_TEXTS)), run, Tokenizer(words), "onnx")
    )


def golden_answers(classifier: SentimentClassifier) -> golden.Golden:
    """Return the answers of the compiled network to GOLDEN_TEXTS; the SavedModel must give the same."""
    return _golden([classifier.replay({"text": text}) for text in GOLDEN_TEXTS])


def _golden(answers: list[list[float]]) -> golden.Golden:
    return golden.Golden(
        relative_tolerance=TOLERANCE,
        absolute_tolerance=TOLERANCE,
        cases=[
            golden.GoldenCase(request={"text": text}, answer=answer)
            for text, answer in zip(GOLDEN_TEXTS, answers, strict=True)
        ],
    )


def with_behaviour(
    card: SentimentCard, classifier: SentimentClassifier, validation: EncodedSplit
) -> tuple[SentimentCard, list[checklist.Outcome]]:
    """Return the card with scores of the model as served, and the outcomes of the checklist, which is for English only."""
    probabilities = [classifier.predict([classifier.prepare(text)])[0].positive for text in validation.texts]
    outcomes = checklist.run(classifier) if card.language else []
    scores = [
        *card.scores,
        _score(
            models_readme.SERVED, validation, classification.class_metrics(validation.labels, np.array(probabilities))
        ),
        _score(models_readme.REASONS, validation, faithfulness.erasure(classifier, validation.texts)),
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
    return card.model_copy(update={"scores": scores}), outcomes
