"""Train and export the sentiment classifier.

    python -m training.sentiment                             # the default reviews, fetched and cached
    python -m training.sentiment --data my.csv               # your own: a text and a label column
    python -m training.sentiment --help                      # every knob

Per seed: fit on the training part with early stopping on a stratified validation part of it. The seed
with the least validation loss ships; its temperature and its threshold for "uncertain" are chosen on
the validation part; the test part is looked at once, at the end, through the exported network.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import numpy.typing as npt
from rich.progress import Progress, track
from sklearn.model_selection import train_test_split

from service import bundle
from service.card import FORMAT_VERSION, Calibration, Score, SentimentCard, Split, TrainingData
from service.predictors import SentimentClassifier
from service.savedmodel import Run
from training import classification, networks, plots, report
from training.data import DataError
from training.exporting import save_proven
from training.texts import Texts, fetch_reviews, read_texts, without

VOCABULARY = 20_000
MAX_TOKENS = 400
DROPOUT = 0.4
WORD_DROPOUT = 0.1  # of the words are unknown to the network in training, so that it learns what unknown means
BATCH = 64
EPOCHS = 8
PATIENCE = 2
LEARNING_RATE = 1e-3
VALIDATION_SHARE = 0.1
TEST_SHARE = 0.1  # only where no test file is given
SPLIT_SEED = 0
SEEDS = (0, 1, 2)
SURE_ACCURACY = 0.95
MAX_UNKNOWN_SHARE = 0.5
LEAST_TEXTS = 200
TOLERANCE = 1e-4

# Written for this project; no review of the data set is shipped.
GOLDEN_TEXTS = (
    "A warm, funny and beautifully acted film. I left the cinema smiling and would gladly watch it again.",
    "Two hours of wooden dialogue and a plot that goes nowhere. I wanted my money back.",
    "It isn't bad, exactly, but it never decides what it wants to be.<br /><br />The score is lovely, though.",
    "Superb!",
    "zxqv blorf wibblefrotz",
)

Labels = npt.NDArray[np.int64]


@dataclass
class Part:
    """Texts of one split, as token numbers."""

    name: str
    texts: list[str]
    labels: Labels
    tokens: list[npt.NDArray[np.int32]]


@dataclass
class Trial:
    """One seed, trained: the network at its best epoch, and how it got there."""

    seed: int
    network: keras.Model
    history: dict[str, list[float]]

    @property
    def kept(self) -> int:
        return int(np.argmin(self.history["val_loss"])) + 1


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of texts of similar length, padded to the longest; shuffled anew every epoch in training."""

    def __init__(self, part: Part, rng: np.random.Generator | None = None, word_dropout: float = 0.0) -> None:
        super().__init__()
        self._part, self._rng, self._word_dropout = part, rng, word_dropout
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        lengths = np.array([len(tokens) for tokens in self._part.tokens], dtype=float)
        if self._rng is not None:
            lengths *= self._rng.uniform(0.9, 1.1, len(lengths))
        order = np.argsort(lengths, kind="stable")
        self._rows = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
        if self._rng is not None:
            self._rng.shuffle(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        rows = self._rows[index]
        width = max(8, *(len(self._part.tokens[i]) for i in rows), 8)
        tokens = np.zeros((len(rows), width), dtype=np.int32)
        for line, i in enumerate(rows):
            tokens[line, : len(self._part.tokens[i])] = self._part.tokens[i]
        if self._rng is not None and self._word_dropout:
            tokens[(self._rng.random(tokens.shape) < self._word_dropout) & (tokens > 0)] = 1
        return tokens, self._part.labels[rows].astype(np.float32)[:, np.newaxis]

    def unsort(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Predictions in the order of the batches → in the order of the texts."""
        result = np.empty_like(values)
        result[np.concatenate(self._rows)] = values
        return result


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.sentiment", description="Train and export sentiment.")
    add = parser.add_argument
    add("--data", type=Path, help="CSV with a text and a label column (default: the Large Movie Review Dataset)")
    add("--test-data", type=Path, help=f"CSV of the same columns (default: {TEST_SHARE:.0%} of --data, stratified)")
    add("--text-column", help="(default: the column with the most words)")
    add("--label-column", help="(default: the column named label, or the one with two values)")
    add("--positive", help="the label of the positive class, where it cannot be told")
    add("--source", help="where the data is from, for the card (default: the file's name)")
    add("--test-source", help="where the test data is from, for the card (default: the file's name)")
    add("--vocabulary", type=int, default=VOCABULARY, help="(default: %(default)s)")
    add("--epochs", type=int, default=EPOCHS, help="at most so many (default: %(default)s)")
    add("--seeds", type=int, nargs="+", default=SEEDS, help="(default: %(default)s)")
    add("--models-dir", type=Path, default=Path("models"), help="(default: %(default)s)")
    add("--pictures", type=Path, help="also copy the pictures to this directory")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments(argv)
    try:
        run(options)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace) -> None:
    learn, test = read(options)
    audit = [*learn.audit, f"test part: {len(test):,} texts of {test.source}"]
    learn = replace(learn, audit=audit)
    if min(np.bincount(learn.labels, minlength=2)) < LEAST_TEXTS // 4 or len(learn) < LEAST_TEXTS:
        raise DataError(
            f"{len(learn)} training texts ({np.bincount(learn.labels, minlength=2).tolist()} a class) are too few: "
            f"at least {LEAST_TEXTS}, and {LEAST_TEXTS // 4} of each class, are needed"
        )
    train_rows, validation_rows = split(learn.labels, VALIDATION_SHARE)
    tokenise = networks.tokeniser(options.vocabulary)
    tokenise.adapt(learn.take(train_rows)[0], batch_size=1024)
    parts = [
        tokenised("train", *learn.take(train_rows), tokenise),
        tokenised("validation", *learn.take(validation_rows), tokenise),
        tokenised("test", test.texts, test.labels, tokenise),
    ]
    trials = [try_seed(seed, parts, tokenise, options.epochs) for seed in options.seeds]
    card, path = export(trials, parts, tokenise, learn, options)
    report.show("Mean ± deviation over seeds", *report.sentiment_rows([card]))
    print(f"{path}: {card.network}")
    print("wrote", report.write_readme(options.models_dir))
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for name in ("curves", "reliability"):
            shutil.copyfile(path / "plots" / f"{name}.png", options.pictures / f"sentiment_{name}.png")


def read(options: argparse.Namespace) -> tuple[Texts, Texts]:
    """The texts to learn from, and those to test on: of another file, or a stratified part."""
    if options.data is None:
        learn, test = fetch_reviews()
        return without(learn, test), test
    columns = {"text_column": options.text_column, "label_column": options.label_column, "positive": options.positive}
    learn = read_texts(options.data, **columns, source=options.source)
    if options.test_data is not None:
        test = read_texts(options.test_data, **columns, deduplicate=False, source=options.test_source)
        return without(learn, test), test
    if min(np.bincount(learn.labels)) < 10:
        raise DataError(f"{options.data}: fewer than 10 texts of one class; at least 50 are needed")
    return tuple(part(learn, rows) for rows in split(learn.labels, TEST_SHARE))  # type: ignore[return-value]


def part(texts: Texts, rows: Labels) -> Texts:
    taken, labels = texts.take(rows)
    return Texts(taken, labels, texts.classes, texts.columns, texts.source, texts.sha256, texts.audit)


def split(labels: Labels, share: float) -> tuple[Labels, Labels]:
    """Row numbers of the larger and the smaller part, both with the classes in proportion."""
    rows = np.arange(len(labels))
    larger, smaller = train_test_split(rows, test_size=share, stratify=labels, random_state=SPLIT_SEED)
    return larger, smaller


def tokenised(name: str, texts: list[str], labels: Labels, tokenise: keras.layers.TextVectorization) -> Part:
    """The last MAX_TOKENS token numbers of every text."""
    found: list[npt.NDArray[np.int32]] = []
    for begin in track(range(0, len(texts), 256), description=f"reading {name}"):
        rows = np.asarray(tokenise(np.array(texts[begin : begin + 256], dtype=object)))
        found += [row[row > 0][-MAX_TOKENS:].astype(np.int32) for row in rows]
    return Part(name, texts, labels, found)


def try_seed(seed: int, parts: list[Part], tokenise: keras.layers.TextVectorization, epochs: int) -> Trial:
    """Train until the validation loss has not fallen for PATIENCE epochs; keep the best epoch."""
    train, validation, _ = parts
    keras.utils.set_random_seed(seed)
    network = networks.bilstm(tokenise.vocabulary_size(), DROPOUT)
    network.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE, clipnorm=1.0),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")],
        jit_compile=False,
    )
    batches = Batches(train, np.random.default_rng(seed), WORD_DROPOUT)
    with Progress() as progress:
        task = progress.add_task(f"seed {seed}", total=epochs * len(batches))

        def show(epoch: int, logs: dict[str, float]) -> None:
            found = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
            progress.console.print(f"seed {seed}, epoch {epoch + 1}: {found}")

        history = network.fit(
            batches,
            validation_data=Batches(validation),
            epochs=epochs,
            verbose=0,
            callbacks=[
                keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE, restore_best_weights=True),
                keras.callbacks.LambdaCallback(
                    on_train_batch_end=lambda *_, **__: progress.advance(task), on_epoch_end=show
                ),
            ],
        ).history
        progress.update(task, completed=epochs * len(batches))
    return Trial(seed, network, history)


def logits(network: keras.Model, part: Part) -> npt.NDArray[np.float64]:
    """The network's logit for every text, in order."""
    batches = Batches(part)
    found = network.predict(batches, verbose=0)
    return np.asarray(batches.unsort(found[:, 0]), dtype=np.float64)


def export(
    trials: list[Trial],
    parts: list[Part],
    tokenise: keras.layers.TextVectorization,
    learn: Texts,
    options: argparse.Namespace,
) -> tuple[SentimentCard, Path]:
    """Calibrate on validation, measure on the test part, and write the chosen seed as a new version."""
    shipped = min(trials, key=lambda trial: min(trial.history["val_loss"]))
    metrics: dict[int, dict[str, dict[str, float]]] = {}
    probabilities: dict[str, npt.NDArray[np.float64]] = {}
    for trial in trials:
        heat = calibrate(trial.network, parts[1])
        for measured in parts[1:]:
            found = sigmoid(logits(trial.network, measured))
            metrics.setdefault(trial.seed, {})[measured.name] = classification.class_metrics(measured.labels, found)
            if trial is shipped:
                probabilities[measured.name] = found
        if trial is shipped:
            shipped_heat = heat
    threshold = classification.confidence_threshold(parts[1].labels, probabilities["validation"], SURE_ACCURACY)
    card = make_card(trials, shipped, parts, learn, options, metrics)
    card = card.model_copy(
        update={"calibration": calibration(shipped_heat, threshold, parts[2], probabilities["test"])}
    )
    model = networks.text_classifier(tokenise, shipped.network, MAX_TOKENS)

    def network(batch: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        return {name: np.asarray(value) for name, value in model(batch).items()}

    golden = golden_answers(card, network)
    with tempfile.TemporaryDirectory() as scratch:
        files = draw(Path(scratch), card, shipped, parts[2], probabilities["test"])
        path, served = save_proven(
            options.models_dir,
            card,
            golden,
            lambda to: model.export(to, verbose=False),
            shipped.network,
            vocabulary=tokenise.get_vocabulary(),
            files=files,
        )
    assert isinstance(served, SentimentClassifier)
    agree(served, parts[2], probabilities["test"])
    return card, path


def sigmoid(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-values)))


def calibrate(network: keras.Model, validation: Part) -> float:
    """Fit a temperature on the validation part and put it into the network's last layer."""
    heat = classification.temperature(validation.labels, logits(network, validation))
    last = network.layers[-1]
    last.set_weights([weights / heat for weights in last.get_weights()])
    return heat


def calibration(heat: float, threshold: float, test: Part, probabilities: npt.NDArray[np.float64]) -> Calibration:
    sure = np.maximum(probabilities, 1 - probabilities) >= threshold
    right = (probabilities >= 0.5) == (test.labels == 1)
    return Calibration(
        temperature=heat,
        fitted_on="validation",
        expected_calibration_error=classification.expected_calibration_error(test.labels, probabilities),
        bins=15,
        measured_on="test",
        confidence_threshold=threshold,
        threshold_choice=f"the least at which {SURE_ACCURACY:.0%} of the validation answers are right",
        coverage=float(sure.mean()),
        accuracy_covered=float(right[sure].mean()) if sure.any() else 0.0,
    )


def agree(classifier: SentimentClassifier, test: Part, expected: npt.NDArray[np.float64]) -> None:
    """The exported network on raw texts must answer as the trained one did on tokens."""
    rows = range(0, len(test.texts), max(1, len(test.texts) // 64))
    answers = classifier.predict([classifier.prepare(test.texts[i]) for i in rows])
    worst = max(abs(a.positive - expected[i]) for a, i in zip(answers, rows, strict=True))
    if worst > 1e-3:
        raise RuntimeError(f"the exported network differs from the trained one by {worst:g}")


def golden_answers(card: SentimentCard, network: Run) -> bundle.Golden:
    def golden(answers: Iterator[list[float]]) -> bundle.Golden:
        cases = [
            bundle.GoldenCase(request={"text": text}, answer=answer)
            for text, answer in zip(GOLDEN_TEXTS, answers, strict=True)
        ]
        return bundle.Golden(relative_tolerance=TOLERANCE, absolute_tolerance=TOLERANCE, cases=cases)

    placeholder = golden(iter([[0.0]] * len(GOLDEN_TEXTS)))
    classifier = SentimentClassifier(bundle.Bundle(card, None, placeholder, network))
    return golden(classifier.replay({"text": text}) for text in GOLDEN_TEXTS)


def make_card(
    trials: list[Trial],
    shipped: Trial,
    parts: list[Part],
    learn: Texts,
    options: argparse.Namespace,
    metrics: dict[int, dict[str, dict[str, float]]],
) -> SentimentCard:
    """The card, but for its calibration."""
    uses = (
        "the network and its vocabulary are fitted on it",
        "stratified part of the training texts; chooses epoch, seed, temperature and threshold",
        "looked at once, for the scores",
    )
    names = [part.name for part in parts[1:]]
    return SentimentCard(
        format_version=FORMAT_VERSION,
        task="sentiment",
        name="sentiment",
        version=bundle.next_version(options.models_dir, "sentiment"),
        network=networks.LAYERS["sentiment"],
        parameters=shipped.network.count_params(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        made_with=report.made_with("keras", "numpy", "scikit-learn"),
        data=TrainingData(
            source=learn.source,
            sha256=learn.sha256,
            rows=sum(len(part.texts) for part in parts[:2]),
            columns=learn.columns,
            audit=learn.audit,
        ),
        splits=[Split(name=part.name, rows=len(part.texts), use=use) for part, use in zip(parts, uses, strict=True)],
        settings={
            "epochs": shipped.kept,
            "epochs_at_most": options.epochs,
            "patience": PATIENCE,
            "batch": BATCH,
            "optimizer": f"adam, {LEARNING_RATE}, gradient norm at most 1",
            "dropout": DROPOUT,
            "word_dropout": WORD_DROPOUT,
        },
        seeds=[trial.seed for trial in trials],
        seed=shipped.seed,
        choice="Epoch and shipped seed are those with the least validation loss.",
        scores=[
            *(score("model", part, metrics[shipped.seed][part.name]) for part in parts[1:]),
            score("majority_class", parts[2], majority(parts)),
        ],
        spread=[
            report.spread(metric, name, [metrics[trial.seed][name][metric] for trial in trials])
            for name in names
            for metric in metrics[shipped.seed][name]
        ],
        limits=[
            "two classes only; mixed and neutral texts get one of them, often marked uncertain",
            f"learnt from {learn.source}; other domains and languages were not measured",
            f"reads the last {MAX_TOKENS} tokens of a text",
        ],
        classes=learn.classes,
        max_tokens=MAX_TOKENS,
        truncation="keep_last",
        vocabulary=shipped.network.layers[1].input_dim,
        max_unknown_share=MAX_UNKNOWN_SHARE,
        calibration=Calibration(
            temperature=1.0,
            fitted_on="validation",
            expected_calibration_error=0.0,
            bins=15,
            measured_on="test",
            confidence_threshold=0.5,
            threshold_choice="",
            coverage=1.0,
            accuracy_covered=0.0,
        ),
    )


def score(subject: str, part: Part, metrics: dict[str, float]) -> Score:
    return Score(split=part.name, subject=subject, count=len(part.texts), metrics=metrics)


def majority(parts: list[Part]) -> dict[str, float]:
    """The baseline that reads nothing: the class of most training texts."""
    most = int(parts[0].labels.mean() >= 0.5)
    return {"accuracy": float((parts[2].labels == most).mean())}


def draw(
    scratch: Path, card: SentimentCard, shipped: Trial, test: Part, probabilities: npt.NDArray[np.float64]
) -> dict[str, Path]:
    history = shipped.history
    panels: dict[str, dict[str, list[float]]] = {
        "loss": {"training (dropout on)": history["loss"], "validation": history["val_loss"]},
        "accuracy": {"training (dropout on)": history["accuracy"], "validation": history["val_accuracy"]},
    }
    plots.curves(scratch / "curves.png", f"sentiment, seed {shipped.seed}", panels, shipped.kept, log=False)
    title = f"test part, ECE {card.calibration.expected_calibration_error:.3f}"
    plots.reliability(scratch / "reliability.png", title, test.labels, probabilities)
    return {f"plots/{name}": scratch / name for name in ("curves.png", "reliability.png")}


if __name__ == "__main__":
    sys.exit(main())
