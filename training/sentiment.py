"""Train and export the sentiment classifier.

    python -m training.sentiment                             # the default reviews, fetched and cached
    python -m training.sentiment --data my.csv               # your own: a text and a label column
    python -m training.sentiment --help                      # every knob

A bidirectional LSTM is fitted once a seed, and n-gram weights beside it; a regression on the validation part weighs the
two, and is what calibrates them. The seed with the least validation loss ships, with a threshold for "uncertain" that is
chosen on the validation part; the test part is looked at once, at the end, through the exported network.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault(
    "TF_NUM_INTRAOP_THREADS", "1"
)  # the LSTM's two directions side by side are quicker than each in parts
os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(os.cpu_count() or 1))

import keras
import numpy as np
from rich.console import Console
from sklearn.model_selection import train_test_split

from service.card import SentimentCard
from service.classifier import SentimentClassifier
from service.tokeniser import Tokeniser
from training import (
    checklist,
    classification,
    fitting,
    ngrams,
    reading,
    report,
    review_network,
    sentiment_card,
    sentiment_page,
)
from training.data import DataError
from training.exporting import save_classifier
from training.reading import Labels, Part
from training.sentiment_card import Findings, Logits, Trial
from training.start import Start, from_texts, from_version
from training.texts import Texts, fetch_reviews, read_texts, read_unlabelled, same, without

VOCABULARY = 30_000
BUCKETS = 1 << 21
VALIDATION_SHARE = 0.1
MOST_VALIDATION = 0.3
TEST_SHARE = 0.1  # only where no test file is given
SPLIT_SEED = 0
LEAST_TEXTS = 200


@dataclass(frozen=True)
class Preset:
    """How much is spent on a run."""

    seeds: tuple[int, ...]
    pretraining: int  # epochs
    fitting: fitting.Fitting


PRESETS = {
    "full": Preset(seeds=(0, 1, 2), pretraining=2, fitting=fitting.Fitting(epochs=4)),
    "quick": Preset(seeds=(0,), pretraining=0, fitting=fitting.Fitting(epochs=3)),
}
Lessons = tuple[list[reading.Tokens], fitting.Targets]
FURTHER = fitting.Fitting(epochs=4, learning_rate=5e-4)  # of a network that has been trained


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.sentiment", description="Train and export sentiment.")
    add = parser.add_argument
    add("--data", type=Path, help="CSV with a text and a label column (default: the Large Movie Review Dataset)")
    add("--unlabelled", type=Path, help="CSV of more texts like these, whose words are learnt from")
    add("--test-data", type=Path, help=f"CSV of the same columns (default: {TEST_SHARE:.0%} of --data, stratified)")
    add("--text-column", help="(default: the column with the most words)")
    add("--label-column", help="(default: the column named label, or the one with two values)")
    add("--positive", help="the label of the positive class, where it cannot be told")
    add(
        "--stars",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="ratings up to LOW are negative, from HIGH on positive",
    )
    add("--source", help="where the data is from, for the card (default: the file's name)")
    add("--test-source", help="where the test data is from, for the card (default: the file's name)")
    add("--start", help="version directory to start from, or none (default: the newest sentiment model, given --data)")
    add("--preset", choices=PRESETS, default="full", help="(default: %(default)s)")
    add("--vocabulary", type=int, default=VOCABULARY, help="(default: %(default)s)")
    add("--epochs", type=int, help="at most so many (default: the preset's)")
    add("--pretraining", type=int, help="epochs over the texts without their labels (default: the preset's)")
    add(
        "--distil",
        type=int,
        default=0,
        help="epochs in which what all seeds say of the unlabelled texts is learnt, too",
    )
    add("--seeds", type=int, nargs="+", help="(default: the preset's)")
    add("--models-dir", type=Path, default=Path("models"), help="(default: %(default)s)")
    add("--report", type=Path, help="directory of report.html (default: reports/<name of the data>)")
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
    learn, more, test = read(options)
    learn = replace(learn, audit=[*learn.audit, f"test part: {len(test):,} texts of {test.source}"])
    classes = np.bincount(learn.labels, minlength=2)
    if min(classes) < LEAST_TEXTS // 4 or len(learn) < LEAST_TEXTS:
        raise DataError(
            f"{len(learn)} training texts ({classes.tolist()} a class) are too few: "
            f"at least {LEAST_TEXTS}, and {LEAST_TEXTS // 4} of each class, are needed"
        )
    train_rows, validation_rows = split(learn.labels, validation_share(len(learn)))
    preset, console = PRESETS[options.preset], Console()
    version = starting_version(options)
    if version is None:
        epochs = preset.pretraining if options.pretraining is None else options.pretraining
        begun = from_texts([*learn.take(train_rows)[0], *more], options.vocabulary, epochs, console)
        settings = preset.fitting
    else:
        begun, settings = from_version(version), FURTHER
        console.print(f"starting from {begun.version} in {version}; --start none begins from nothing")
    settings = replace(settings, epochs=settings.epochs if options.epochs is None else options.epochs)
    tokenise = Tokeniser(begun.words)
    parts = (
        reading.part("train", *learn.take(train_rows), tokenise),
        reading.part("validation", *learn.take(validation_rows), tokenise),
        reading.part("test", test.texts, test.labels, tokenise),
    )
    linear = ngrams.fit(ngrams.counted(parts[0].read, BUCKETS), parts[0].labels, begun.ngrams)
    plain = {part.name: linear.logits(ngrams.counted(part.read, BUCKETS)) for part in parts[1:]}
    console.print(
        f"n-grams alone: validation accuracy {classification.accuracy(parts[1].labels, plain['validation']):.4f}"
    )
    train = parts[0]
    seeds = options.seeds or preset.seeds
    trials = [try_seed(seed, (train.read, train.targets), parts, begun, plain, settings, console) for seed in seeds]
    if options.distil:
        told = taught(
            trials,
            linear,
            [reading.ends(text, reading.MAX_TOKENS, reading.HEAD_TOKENS) for text in reading.tokens(more, tokenise)],
        )
        lessons = ([*train.read, *told[0]], np.concatenate([train.targets, told[1]]))
        settings = replace(settings, epochs=options.distil, radius=0.0)
        trials = [try_seed(seed, lessons, parts, begun, plain, settings, console) for seed in seeds]
    found = Findings(learn, parts, begun, plain, settings, trials)
    directory = options.report or Path("reports") / (options.data.name.split(".")[0] if options.data else "reviews")
    card, path = export(found, linear, options.models_dir, directory)
    report.show("Mean ± deviation over seeds", *report.sentiment_rows([card]))
    print(f"{path}: {card.network}")
    print("wrote", report.write_readme(options.models_dir))
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for file in sorted((path / "plots").glob("*.png")):
            shutil.copyfile(file, options.pictures / f"sentiment_{file.name}")


def read(options: argparse.Namespace) -> tuple[Texts, list[str], Texts]:
    """The texts to learn from, those without labels, and those to test on: of another file, or a stratified part."""
    if options.data is None:
        learn, more, test = fetch_reviews()
        return without(learn, test), unseen(more, test), test
    columns = {"text_column": options.text_column, "label_column": options.label_column, "positive": options.positive}
    columns |= {"stars": tuple(options.stars) if options.stars else None}
    learn = read_texts(options.data, **columns, source=options.source)
    if options.test_data is not None:
        test = read_texts(options.test_data, **columns, deduplicate=False, source=options.test_source)
        learn = without(learn, test)
    else:
        if min(np.bincount(learn.labels)) < 10:
            raise DataError(f"{options.data}: fewer than 10 texts of one class; at least 50 are needed")
        learn, test = (part(learn, rows) for rows in split(learn.labels, TEST_SHARE))
    more = read_unlabelled(options.unlabelled, options.text_column) if options.unlabelled else []
    return learn, unseen(more, test), test


def unseen(texts: list[str], test: Texts) -> list[str]:
    """Those that do not stand in the test part."""
    tested = {same(text) for text in test.texts}
    return [text for text in texts if same(text) not in tested]


def starting_version(options: argparse.Namespace) -> Path | None:
    """The version to be fitted further: the newest sentiment model, for texts other than the default ones."""
    if options.start is not None:
        return None if options.start == "none" else Path(options.start)
    if options.data is None:
        return None
    versions = [path.parent for path in (options.models_dir / "sentiment").glob("*/network.json")]
    return max(versions, key=lambda path: int(path.name), default=None)


def validation_share(count: int) -> float:
    """A tenth, but more of few texts."""
    return min(MOST_VALIDATION, max(VALIDATION_SHARE, LEAST_TEXTS / count))


def part(texts: Texts, rows: Labels) -> Texts:
    taken, labels = texts.take(rows)
    return Texts(taken, labels, texts.classes, texts.columns, texts.source, texts.sha256, texts.audit)


def split(labels: Labels, share: float) -> tuple[Labels, Labels]:
    """Row numbers of the larger and the smaller part, both with the classes in proportion."""
    rows = np.arange(len(labels))
    larger, smaller = train_test_split(rows, test_size=share, stratify=labels, random_state=SPLIT_SEED)
    return larger, smaller


def taught(trials: Sequence[Trial], linear: ngrams.Linear, texts: list[reading.Tokens]) -> Lessons:
    """Texts without labels, and what all seeds and the n-grams together say of them (Hinton, Vinyals and Dean, 2015)."""
    plain = linear.logits(ngrams.counted(texts, BUCKETS))
    said = [classification.sigmoid(trial.blend(fitting.logits(trial.network, texts), plain)) for trial in trials]
    return texts, np.mean(said, axis=0).astype(np.float32)


def try_seed(
    seed: int,
    lessons: Lessons,
    parts: tuple[Part, Part, Part],
    begun: Start,
    plain: dict[str, Logits],
    settings: fitting.Fitting,
    console: Console,
) -> Trial:
    """Fit the network of one seed, and blend it with the n-grams on the validation part."""
    _, validation, test = parts
    keras.utils.set_random_seed(seed)
    network = begun.network()

    def show(epoch: int, logs: dict[str, float]) -> None:
        found = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
        console.print(f"seed {seed}, epoch {epoch + 1}: {found}")

    history = fitting.fit(network, lessons, (validation.read, validation.targets), settings, seed, show)
    deep = {part.name: fitting.logits(network, part.read) for part in (validation, test)}
    blend = classification.blend(validation.labels, deep["validation"], plain["validation"])
    return Trial(seed, network, history, blend, {name: blend(deep[name], plain[name]) for name in deep})


def export(found: Findings, linear: ngrams.Linear, models_dir: Path, directory: Path) -> tuple[SentimentCard, Path]:
    """Measure on the test part, write the chosen seed as a new version, and the page to `directory`."""
    shipped, (_, validation, test) = found.shipped, found.parts
    network = joined(shipped, linear, validation)
    card = sentiment_card.make(found, network, models_dir)
    classifier = sentiment_card.in_memory(card, found.start.words, network)
    agree(classifier, test, shipped.logits["test"])
    card, outcomes = sentiment_card.tried(card, classifier, validation)
    golden = sentiment_card.golden_answers(classifier)
    with tempfile.TemporaryDirectory() as scratch:
        drawn = sentiment_page.draw(Path(scratch), found, card)
        files = {f"plots/{name}.png": path for name, path in drawn.items()}
        files[checklist.FILE] = checklist.write(Path(scratch) / checklist.FILE, outcomes)
        path, _ = save_classifier(models_dir, card, golden, network, found.start.words, files=files)
    page = sentiment_page.write(directory, found, card, path, outcomes)
    print(sentiment_page.recommendation(found), page, sep="\n")
    return card, path


def joined(shipped: Trial, linear: ngrams.Linear, usual: Part) -> keras.Model:
    """The network to be served: the blend folded into the weights; a usual text is the mean of the part's pooled states."""
    blend = shipped.blend
    model = review_network.filled(shipped.network, linear.weights * blend.plain)
    evidence = model.get_layer("reader").get_layer("evidence")
    evidence.usual.assign(fitting.pooled(shipped.network, usual.read).mean(axis=0))
    evidence.kernel.assign(evidence.kernel * blend.deep)
    evidence.bias.assign(evidence.bias * blend.deep + linear.bias * blend.plain + blend.bias)
    return model


def agree(classifier: SentimentClassifier, test: Part, expected: Logits) -> None:
    """The exported network on raw texts must answer as the trained one did on tokens, but for its rounded weights."""
    rows = range(0, len(test.texts), max(1, len(test.texts) // 64))
    answers = classifier.predict([classifier.prepare(test.texts[row]) for row in rows])
    worst = max(abs(a.positive - classification.sigmoid(expected[row])) for a, row in zip(answers, rows, strict=True))
    if worst > sentiment_card.ROUNDING:
        raise RuntimeError(f"the exported network differs from the trained one by {worst:g}")


if __name__ == "__main__":
    sys.exit(main())
