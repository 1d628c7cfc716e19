"""The card of a sentiment model, and its golden answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

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
from training.sentiment.seeds import SeedRun

SURE_ACCURACY = 0.98
MAX_UNKNOWN_SHARE = 0.5
TOLERANCE = 1e-4
ROUNDING = 0.03  # by which a probability may move when the weights are rounded to bytes
COMMON_WORDS = 100
LEAST_COMMON = 0.25
MOST_UNKNOWN = 0.25
LEAST_TOKENS = 5
MOST_OF = 0.75  # of some very common English words, among the commonest: the texts are English


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
    """What a run of training found. `plain` are the logits of n-grams that learnt from the labels alone, by part."""

    learn: Texts
    parts: tuple[EncodedSplit, EncodedSplit, EncodedSplit]
    start: Initialization
    plain: dict[str, Array]
    settings: fitting.FitConfig
    taught: bool  # by a teacher of the unlabelled texts
    trials: list[SeedRun]
    mean: SeedRun | None  # of the weights of all trials
    more: int  # unlabelled texts

    @property
    def shipped(self) -> SeedRun:
        """The network of least validation loss."""
        labels, found = self.parts[1].labels, [*self.trials, *([self.mean] if self.mean else [])]
        return min(found, key=lambda trial: classification.log_loss(labels, trial.logits["validation"]))


def make(found: TrainingResult, network: keras.Model, models_dir: Path) -> SentimentCard:
    """Everything that was measured; the test part's figures are of the probabilities before rounding to bytes."""
    trials, shipped, parts, plain, learn = found.trials, found.shipped, found.parts, found.plain, found.learn
    settings = found.settings
    _, validation, test = parts
    chosen = "the mean of all seeds' weights" if shipped is found.mean else f"seed {shipped.seeds[0]}"
    uses = (
        "the network, its vocabulary, its word vectors and its n-gram weights are fitted on it",
        "part of the training texts, classes in proportion, neighbours together; chooses epoch, network, blend and thresholds",
        "looked at once, for the scores",
    )
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
            source=learn.source,
            sha256=learn.sha256,
            rows=sum(len(part.texts) for part in parts[:2]),
            columns=learn.columns,
            audit=learn.audit,
        ),
        splits=[Split(name=part.name, rows=len(part.texts), use=use) for part, use in zip(parts, uses, strict=True)],
        settings={
            "started_from": found.start.version,
            "pretraining_epochs": found.start.epochs,
            "epochs": shipped.kept,
            "epochs_at_most": settings.epochs,
            "adversary": settings.radius,
            "unlabelled_texts": found.more,
            "taught": f"by the labels{' and what paragraph vectors say of the unlabelled texts' if found.taught else ''}",
            "batch": fitting.BATCH,
            "optimizer": f"adam, {settings.learning_rate}, gradient norm at most 1",
            "word_dropout": settings.word_dropout,
            "extracts": f"{settings.extracts:.0%} of texts longer than {fitting.CROP_WORDS[1]} words, an epoch",
            "blend": f"{shipped.blend.deep:.3f} × network + {shipped.blend.plain:.3f} × n-grams + {shipped.blend.bias:.3f}",
        },
        seeds=[trial.seeds[0] for trial in trials],
        seed=shipped.seeds[0],
        choice=f"Epoch and network are those with the least validation loss; {chosen} ships.",
        scores=[
            *(_score("model", part, _metrics(part, shipped.logits[part.name])) for part in (validation, test)),
            *(
                _score("n-grams", part, {"accuracy": classification.accuracy(part.labels, plain[part.name])})
                for part in (validation, test)
            ),
            _score("majority class", test, _majority(parts)),
        ],
        spread=[
            metrics_module.seed_statistics(metric, part.name, values)
            for part in (validation, test)
            for metric, values in _by_seed(part, trials).items()
        ],
        limits=[
            "two classes only; mixed and neutral texts get one of them, often marked uncertain",
            f"learnt from {learn.source}; other domains and languages were not measured",
            "a sentence alone is judged as a short review",
        ],
        classes=learn.classes,
        max_tokens=MAX_TOKENS,
        truncation="keep_head_and_tail",
        head_tokens=HEAD_TOKENS,
        vocabulary=vectors.vocabulary,
        max_unknown_share=MAX_UNKNOWN_SHARE,
        language=_language(found.start.words),
        explanation_baseline=float(reader.get_layer("evidence").baseline()),
        calibration=_calibration(validation, test, shipped),
    )


def _language(words: Sequence[str]) -> Language | None:
    """The rule that tells other languages, where the commonest words are English ones."""
    if len(ENGLISH.intersection(words[: COMMON_WORDS + 2])) < MOST_OF * len(ENGLISH):
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
    known, found = (classification.sigmoid(shipped.logits[part.name]) for part in (validation, test))
    threshold = classification.confidence_threshold(validation.labels, known, SURE_ACCURACY)
    sure = np.maximum(found, 1 - found) >= threshold
    right = (found >= 0.5) == (test.labels == 1)
    return Calibration(
        temperature=1.0,
        fitted_on="validation",
        expected_calibration_error=classification.expected_calibration_error(test.labels, found),
        bins=15,
        measured_on="test",
        confidence_threshold=threshold,
        threshold_choice=f"the least at which {SURE_ACCURACY:.0%} of the validation answers are right",
        coverage=float(sure.mean()),
        accuracy_covered=float(right[sure].mean()) if sure.any() else 0.0,
    )


def in_memory(card: SentimentCard, words: Sequence[str], network: keras.Model) -> SentimentClassifier:
    """The service's classifier around the compiled network, as it will be once it is a version."""
    run = onnx.session(Path("network"), compile_classifier(network), threads=1)
    return SentimentClassifier(
        bundle.Bundle(card, None, _golden([[0.0]] * len(GOLDEN_TEXTS)), run, Tokenizer(words), "onnx")
    )


def golden_answers(classifier: SentimentClassifier) -> golden.Golden:
    """What the compiled network answers to GOLDEN_TEXTS; the SavedModel has to answer the same."""
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
    """The card with what the model does when it is tried: as served, its reasons taken away, and, in English, the checklist."""
    answers = [classifier.predict([classifier.prepare(text)])[0].positive for text in validation.texts]
    scores = [
        Score(
            split="validation",
            subject=models_readme.SERVED,
            count=len(validation.texts),
            metrics=classification.class_metrics(validation.labels, np.array(answers)),
        ),
        Score(
            split="validation",
            subject=models_readme.REASONS,
            count=len(validation.texts),
            metrics=faithfulness.erasure(classifier, validation.texts),
        ),
    ]
    outcomes = checklist.run(classifier) if card.language else []
    scores += [
        Score(
            split=models_readme.CHECKLIST, subject=o.capability, count=o.cases, metrics={"passed": o.passed / o.cases}
        )
        for o in outcomes
    ]
    return card.model_copy(update={"scores": [*card.scores, *scores]}), outcomes


def _metrics(part: EncodedSplit, logits: Array) -> dict[str, float]:
    return classification.class_metrics(part.labels, classification.sigmoid(logits))


def _by_seed(part: EncodedSplit, trials: Sequence[SeedRun]) -> dict[str, list[float]]:
    found = [_metrics(part, trial.logits[part.name]) for trial in trials]
    return {metric: [metrics[metric] for metrics in found] for metric in found[0]}


def _score(subject: str, part: EncodedSplit, metrics: dict[str, float]) -> Score:
    return Score(split=part.name, subject=subject, count=len(part.texts), metrics=metrics)


def _majority(parts: Sequence[EncodedSplit]) -> dict[str, float]:
    """The baseline that reads nothing: the class of most training texts."""
    most = int(parts[0].labels.mean() >= 0.5)
    return {"accuracy": float((parts[2].labels == most).mean())}
