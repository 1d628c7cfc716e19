"""Train and export the sentiment classifier.

    python -m training.sentiment                             # the default reviews, fetched and cached
    python -m training.sentiment --data my.csv               # your own: a text and a label column
    python -m training.sentiment --help                      # every knob

A bidirectional LSTM is fitted once a seed, and n-gram weights beside it; a regression on the validation part weighs the
two, and is what calibrates them. Where there are texts without labels, a teacher (`paragraphs`) says what it makes of
these, and networks and n-grams learn from all texts. Of each seed's network and the mean of their weights, that with the
least validation loss ships, with a threshold for "uncertain" that is chosen on the validation part; the test part is looked
at once, at the end, through the exported network.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import training.sentiment.cpu  # noqa: F401  # before TensorFlow

# isort: split
import keras
import numpy as np
import scipy.sparse as sp
from rich.console import Console

from service.artifacts import bundle
from service.artifacts.card import SentimentCard
from service.interfaces import Array
from service.sentiment.classifier import SentimentClassifier
from training.data.tables import DataError
from training.data.texts import Texts
from training.evaluation import checklist, classification
from training.export.versions import save_classifier
from training.networks import review
from training.reporting import models_readme, tables
from training.sentiment import ablation_table, encoding, fitting, ngrams
from training.sentiment import card as sentiment_card
from training.sentiment import page as sentiment_page
from training.sentiment import teacher as paragraphs
from training.sentiment.card import TrainingResult
from training.sentiment.encoding import EncodedSplit
from training.sentiment.initialization import SEED, Initialization, from_texts, from_version
from training.sentiment.seeds import SeedRun, TrainingSet, average_weights, fit_seeds
from training.sentiment.splits import Splits, load

VOCABULARY = 30_000
FOLDS = 5  # in which the teacher speaks of labelled texts


@dataclass(frozen=True)
class Preset:
    """How much is spent on a run."""

    seeds: tuple[int, ...]
    pretraining: int  # epochs
    fitting: fitting.FitConfig
    teacher: bool


PRESETS = {
    "full": Preset(seeds=(0, 1, 2), pretraining=6, fitting=fitting.FitConfig(epochs=3), teacher=True),
    "quick": Preset(seeds=(0,), pretraining=0, fitting=fitting.FitConfig(epochs=3), teacher=False),
}
FURTHER = fitting.FitConfig(epochs=4, learning_rate=5e-4)  # of a network that has been trained


def parser(program: str, description: str) -> argparse.ArgumentParser:
    """What is learnt from, and the knobs of one network."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    add = parser.add_argument
    add("--data", type=Path, help="CSV with a text and a label column (default: the Large Movie Review Dataset)")
    add(
        "--unlabelled", type=Path, help=f"CSV of more texts like these; --teacher takes from {paragraphs.LEAST_MORE} on"
    )
    add("--test-data", type=Path, help="CSV of the same columns (default: a tenth of --data, stratified)")
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
    add("--vocabulary", type=int, help=f"words that are told apart (default: {VOCABULARY})")
    add("--epochs", type=int, help="at most so many (default: the preset's)")
    add("--pretraining", type=int, help="epochs over the texts without their labels (default: the preset's)")
    add("--pretrained", type=Path, help="file that keeps what these epochs teach: written, or read if it is there")
    return parser


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    known = parser("python -m training.sentiment", "Train and export sentiment.")
    add = known.add_argument
    add("--start", help="version directory to start from, or none (default: the newest sentiment model, given --data)")
    add("--preset", choices=PRESETS, default="full", help="(default: %(default)s)")
    add(
        "--teacher",
        action=argparse.BooleanOptionalAction,
        help="learn what paragraph vectors say of the unlabelled texts, too (default: the preset's)",
    )
    add("--seeds", type=int, nargs="+", help="(default: the preset's)")
    add("--models-dir", type=Path, default=Path("models"), help="(default: %(default)s)")
    add("--report", type=Path, help="directory of report.html (default: reports/<name of the data>)")
    add("--pictures", type=Path, help="also copy the pictures to this directory")
    add(
        "--ladder",
        type=Path,
        help="what training.sentiment.ablation found; goes beside the version, with this run's own rungs",
    )
    return known.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments(argv)
    try:
        run(options)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace) -> None:
    preset, console, version = PRESETS[options.preset], Console(), starting_version(options)
    material = load(options)
    settings, teaching = plan(options, version, len(material.more))
    ladder = ablation_table.AblationTable.read(options.ladder, material.fingerprint) if options.ladder else None
    if version is None:
        pretraining = preset.pretraining if options.pretraining is None else options.pretraining
        words = options.vocabulary or VOCABULARY
        begun = from_texts(material.unlabelled, words, pretraining, console, options.pretrained)
    else:
        begun = from_version(version)
        not_known(begun, material.learn)
        console.print(f"starting from {begun.version} in {version}; --start none begins from nothing")
    parts = material.parts(begun.words)
    train, validation, _ = parts
    began = perf_counter()
    counts = {part.name: ngrams.counted(part.read) for part in parts}
    linear = ngrams.fit(counts["train"], train.labels, begun.ngrams)
    alone = {part.name: linear.logits(counts[part.name]) for part in parts[1:]}
    right = classification.accuracy(validation.labels, alone["validation"])
    console.print(f"n-grams alone: validation accuracy {right:.4f}")
    lessons, plain = (train.read, train.targets), alone
    if teaching:
        lessons, linear = distill(material, begun, train, counts["train"], console)
        plain = {part.name: linear.logits(counts[part.name]) for part in parts[1:]}
        if ladder:
            cooled = ablation_table.calibrated(validation, plain["validation"])
            ladder.rows["n-grams taught"] = ablation_table.row(
                validation, [cooled], perf_counter() - began, len(linear.weights)
            )
    trials = fit_seeds(options.seeds or preset.seeds, lessons, parts[1:], begun, plain, settings, console)
    mean = average_weights(trials, begun, parts[1:], plain) if len(trials) > 1 else None
    found = TrainingResult(material.learn, parts, begun, alone, settings, teaching, trials, mean, len(material.more))
    if ladder:
        took = begun.seconds + perf_counter() - began
        ladder.rows["one seed"] = ablation_table.of_networks(validation, trials, linear, took)
        ladder.rows["as shipped"] = ablation_table.of_networks(validation, [found.shipped], linear, took)
    directory = options.report or Path("reports") / (options.data.name.split(".")[0] if options.data else "reviews")
    card, path = export(found, linear, options.models_dir, directory, ladder)
    tables.show("Mean ± deviation over seeds", *models_readme.sentiment_rows([card]))
    print(f"{path}: {card.network}")
    print("wrote", models_readme.write_readme(options.models_dir))
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for file in sorted((path / "plots").glob("*.png")):
            shutil.copyfile(file, options.pictures / f"sentiment_{file.name}")


def not_known(begun: Initialization, learn: Texts) -> None:
    """Raises DataError where the version to start from learnt from the same file, but with another test part."""
    if begun.file == learn.sha256 and begun.audit != learn.audit:
        raise DataError(
            f"{begun.version} has learnt from {learn.source} with another test part, and may know the texts that it would be "
            "tested on: add --start none, or give other texts"
        )


def plan(options: argparse.Namespace, version: Path | None, more: int) -> tuple[fitting.FitConfig, bool]:
    """How networks are fitted, and whether they also learn what a teacher says of `more` texts.

    Raises DataError for options that would be without effect.
    """
    preset = PRESETS[options.preset]
    fresh = {
        "--vocabulary": options.vocabulary,
        "--pretraining": options.pretraining,
        "--pretrained": options.pretrained,
        "--ladder": options.ladder,
    }
    for option, value in fresh.items():
        if value is not None and version is not None:
            raise DataError(f"{option} is for a network that begins from nothing: add --start none, or leave it out")
    if options.teacher and more < paragraphs.LEAST_MORE:
        raise DataError(
            f"--teacher takes {paragraphs.LEAST_MORE:,} texts or more that are not among the labelled ones; "
            f"{more:,} are there: give --unlabelled more.csv"
        )
    settings = preset.fitting if version is None else FURTHER
    settings = replace(settings, epochs=options.epochs or settings.epochs)
    wanted = preset.teacher if options.teacher is None else options.teacher
    if wanted and more >= paragraphs.LEAST_MORE:
        return replace(settings, radius=0.0), True
    return settings, False


def distill(
    material: Splits, begun: Initialization, train: EncodedSplit, counts: sp.csr_matrix, console: Console
) -> tuple[TrainingSet, ngrams.Linear]:
    """All texts with what is to be learnt from them, and n-gram weights that have learnt it.

    That is what the teacher says, and of labelled texts the mean of this and the label (Hinton, Vinyals and Dean, 2015); the
    n-grams are told the labels. `counts` are those of the training part.
    """
    more = encoding.encode("more", material.more[: paragraphs.MOST_MORE], None, begun.tokeniser())
    said = paragraphs.pseudo_label(train.tokens, train.labels, material.folds(FOLDS), more.tokens, SEED)
    right = classification.accuracy(train.labels, said.labelled)
    console.print(f"paragraph vectors and n-grams: accuracy {right:.4f} on training texts held out")
    told = classification.sigmoid(said.more)
    everything = sp.vstack([counts, ngrams.counted(more.read)]).tocsr()
    likelier = np.concatenate([train.labels, (told > 0.5).astype(np.int64)])
    trust = np.concatenate([np.ones(len(train.labels)), np.abs(2 * told - 1)])
    n_grams = ngrams.fit(everything, likelier, begun.ngrams, trust)
    known = (train.targets + classification.sigmoid(said.labelled)) / 2
    targets = np.concatenate([known, told]).astype(np.float32)
    return ([*train.read, *more.read], targets), n_grams


def starting_version(options: argparse.Namespace) -> Path | None:
    """The version to be fitted further: the newest sentiment model, for texts other than the default ones."""
    if options.start is not None:
        return None if options.start == "none" else Path(options.start)
    if options.data is None:
        return None
    found = [path for path in bundle.versions(options.models_dir / "sentiment") if (path / "network.json").exists()]
    return found[-1] if found else None


def export(
    found: TrainingResult,
    linear: ngrams.Linear,
    models_dir: Path,
    directory: Path,
    ladder: ablation_table.AblationTable | None,
) -> tuple[SentimentCard, Path]:
    """Measure on the test part, write the chosen seed as a new version, and the page to `directory`."""
    shipped, (_, validation, test) = found.shipped, found.parts
    network = fold_blend(shipped, linear, validation)
    card = sentiment_card.make(found, network, models_dir)
    classifier = sentiment_card.in_memory(card, found.start.words, network)
    check_agreement(classifier, test, shipped.logits["test"])
    card, outcomes = sentiment_card.with_behaviour(card, classifier, validation)
    golden = sentiment_card.golden_answers(classifier)
    with tempfile.TemporaryDirectory() as scratch:
        drawn = sentiment_page.draw(Path(scratch), found, card)
        files = {f"plots/{name}.png": path for name, path in drawn.items()}
        files[checklist.FILE] = checklist.write(Path(scratch) / checklist.FILE, outcomes)
        if ladder:
            files[models_readme.ABLATION_FILE] = ladder.write(Path(scratch) / models_readme.ABLATION_FILE)
        path, _ = save_classifier(models_dir, card, golden, network, found.start.words, files=files)
    page = sentiment_page.write(directory, found, card, path, outcomes)
    print(sentiment_page.recommendation(found), page, sep="\n")
    return card, path


def fold_blend(shipped: SeedRun, linear: ngrams.Linear, usual: EncodedSplit) -> keras.Model:
    """The network to be served: the blend folded into the weights; a usual text is one of the part's."""
    blend = shipped.blend
    model = review.quantize(shipped.network, linear.weights * blend.plain)
    evidence = model.get_layer("reader").get_layer("evidence")
    states, growth = fitting.baseline_states(shipped.network, usual.read, np.random.default_rng(SEED))
    evidence.usual.assign(states)
    evidence.growth.assign(growth)
    evidence.kernel.assign(evidence.kernel * blend.deep)
    evidence.bias.assign(evidence.bias * blend.deep + linear.bias * blend.plain + blend.bias)
    return model


def check_agreement(classifier: SentimentClassifier, test: EncodedSplit, expected: Array) -> None:
    """The exported network on raw texts must answer as the trained one did on tokens, but for its rounded weights."""
    rows = range(0, len(test.texts), max(1, len(test.texts) // 64))
    answers = classifier.predict([classifier.prepare(test.texts[row]) for row in rows])
    worst = max(abs(a.positive - classification.sigmoid(expected[row])) for a, row in zip(answers, rows, strict=True))
    if worst > sentiment_card.ROUNDING:
        raise RuntimeError(f"the exported network differs from the trained one by {worst:g}")


if __name__ == "__main__":
    sys.exit(main())
