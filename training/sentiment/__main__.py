"""Train and export the sentiment classifier.

    python -m training.sentiment                             # the default reviews, fetched and cached
    python -m training.sentiment --data my.csv               # your own: a text and a label column
    python -m training.sentiment --help                      # all options

Each seed fits a bidirectional LSTM, beside n-gram weights; a regression on the validation set blends the two, and
calibrates them. If there are enough unlabelled texts, a teacher predicts them, and networks and n-gram weights learn from
all texts. The candidates are each seed's network and the average of their weights; the one of least validation loss ships.
The validation set also chooses the threshold for "uncertain". The test set is used once, at the end, for the scores.
"""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import training.sentiment.cpu  # noqa: F401  # before TensorFlow

# isort: split
import keras
import numpy as np
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
from training.sentiment import ablation, encoding, fitting, ngrams, teacher
from training.sentiment import card as sentiment_card
from training.sentiment import page as sentiment_page
from training.sentiment.card import TrainingResult
from training.sentiment.encoding import EncodedSplit
from training.sentiment.initialization import SEED, Initialization, from_texts, from_version
from training.sentiment.options import CONTINUED, DEFAULT_VOCABULARY, FitConfig, TrainOptions, parse
from training.sentiment.seeds import SeedRun, average_weights, fit_seeds
from training.sentiment.splits import Splits, load

TEACHER_FOLDS = 5


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit status."""
    try:
        run(parse(argv))
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def run(options: TrainOptions) -> None:
    """Train, export a version, and write the report and models/README.md. Raises DataError."""
    console, version = Console(), starting_version(options)
    splits = load(options.data)
    config, has_teacher = plan(options, version, len(splits.unlabelled))
    table = ablation.AblationTable.read(options.ladder, splits.fingerprint) if options.ladder else None
    initialization = initialize(options, version, splits, console)
    result, linear = fit(options, splits, initialization, config, has_teacher, table, console)
    name = options.data.data.name.split(".")[0] if options.data.data else "reviews"
    card, path = export(result, linear, options.models_dir, options.report or Path("reports") / name, table)
    tables.show("Mean ± deviation over seeds", *models_readme.sentiment_rows([card]))
    print(f"{path}: {card.network}")
    print("wrote", models_readme.write_readme(options.models_dir))
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for file in sorted((path / "plots").glob("*.png")):
            shutil.copyfile(file, options.pictures / f"sentiment_{file.name}")


def starting_version(options: TrainOptions) -> Path | None:
    """Return the version to train further, if any: without --start, the newest sentiment model, given --data."""
    if options.start is not None:
        return None if options.start == "none" else Path(options.start)
    if options.data.data is None:
        return None
    versions = [path for path in bundle.versions(options.models_dir / "sentiment") if (path / "network.json").exists()]
    return versions[-1] if versions else None


def plan(options: TrainOptions, version: Path | None, unlabelled: int) -> tuple[FitConfig, bool]:
    """Return how networks are fitted, and whether a teacher predicts the `unlabelled` texts, of which it needs enough.

    Raises DataError for options that would have no effect.
    """
    network = options.network
    fresh_options = {
        "--vocabulary": network.vocabulary,
        "--pretraining": network.pretraining,
        "--pretrained": network.pretrained,
        "--ladder": options.ladder,
    }
    for option, value in fresh_options.items():
        if value is not None and version is not None:
            raise DataError(f"{option} is only for a new network: add --start none, or leave {option} out")
    if options.teacher and unlabelled < teacher.MIN_UNLABELLED:
        raise DataError(
            f"--teacher needs {teacher.MIN_UNLABELLED:,} or more texts that are not among the labelled ones, "
            f"but there are {unlabelled:,}: give --unlabelled more.csv"
        )
    config = options.preset.config if version is None else CONTINUED
    config = replace(config, epochs=network.epochs or config.epochs)
    wants_teacher = options.preset.teacher if options.teacher is None else options.teacher
    if wants_teacher and unlabelled >= teacher.MIN_UNLABELLED:
        return replace(config, epsilon=0.0), True
    return config, False


def initialize(options: TrainOptions, version: Path | None, splits: Splits, console: Console) -> Initialization:
    """Pretrain on the texts of the run, or load the version to train further. Raises DataError."""
    if version is None:
        network = options.network
        epochs = options.preset.pretraining if network.pretraining is None else network.pretraining
        words = network.vocabulary or DEFAULT_VOCABULARY
        return from_texts(splits.pretraining_texts, words, epochs, console, network.pretrained)
    initialization = from_version(version)
    check_test_set(initialization, splits.labelled)
    console.print(f"starting from {initialization.version} in {version}; --start none trains a new network")
    return initialization


def check_test_set(initialization: Initialization, labelled: Texts) -> None:
    """Raise DataError if the version to train further has been trained on the same file with another test set."""
    if initialization.sha256 == labelled.sha256 and initialization.audit != labelled.audit:
        raise DataError(
            f"{initialization.version} was trained on {labelled.source} with another test set, so it may have been trained on "
            "texts of this one: add --start none, or give other texts"
        )


def fit(
    options: TrainOptions,
    splits: Splits,
    initialization: Initialization,
    config: FitConfig,
    has_teacher: bool,
    table: ablation.AblationTable | None,
    console: Console,
) -> tuple[TrainingResult, ngrams.Linear]:
    """Fit the n-gram weights and one network per seed; add the rows of this run to the ablation `table`, if there is one."""
    train, validation, test = encoded = splits.encode(initialization.words)
    held_out = (validation, test)
    start = perf_counter()
    counts = {split.name: ngrams.count(split.truncated) for split in encoded}

    def predict(linear: ngrams.Linear) -> dict[str, Array]:
        return {split.name: linear.logits(counts[split.name]) for split in held_out}

    linear = ngrams.fit(counts["train"], train.labels, initialization.ngrams)
    training, label_logits = train.training_set, predict(linear)
    linear_logits = label_logits
    accuracy = classification.accuracy(validation.labels, label_logits["validation"])
    console.print(f"n-grams alone: validation accuracy {accuracy:.4f}")
    if has_teacher:
        unlabelled = encoding.encode(
            "unlabelled", splits.unlabelled[: teacher.MAX_UNLABELLED], None, initialization.tokenizer()
        )
        training, linear = teacher.distill(
            train, counts["train"], unlabelled, splits.folds(TEACHER_FOLDS), initialization.ngrams, SEED, console
        )
        linear_logits = predict(linear)
        if table:
            logits = ablation.calibrate(validation, linear_logits["validation"])
            seconds = perf_counter() - start
            table.rows["n-grams taught"] = ablation.row(validation, [logits], seconds, len(linear.weights))
    seeds = options.seeds or options.preset.seeds
    runs = fit_seeds(seeds, training, held_out, initialization, linear_logits, config, console)
    average = average_weights(runs, initialization, held_out, linear_logits) if len(runs) > 1 else None
    result = TrainingResult(
        labelled=splits.labelled,
        splits=encoded,
        initialization=initialization,
        linear_logits=label_logits,
        config=config,
        has_teacher=has_teacher,
        runs=runs,
        average=average,
        unlabelled_count=len(splits.unlabelled),
    )
    if table:
        seconds = initialization.seconds + perf_counter() - start
        table.rows["one seed"] = ablation.network_row(validation, runs, linear, seconds)
        table.rows["as shipped"] = ablation.network_row(validation, [result.shipped], linear, seconds)
    return result, linear


def export(
    result: TrainingResult,
    linear: ngrams.Linear,
    models_dir: Path,
    directory: Path,
    table: ablation.AblationTable | None,
) -> tuple[SentimentCard, Path]:
    """Measure the shipped network on the test set, write it as a new version, and write the report to `directory`."""
    shipped, (_, validation, test) = result.shipped, result.splits
    words = result.initialization.words
    network = fold_blend(shipped, linear, validation)
    card = sentiment_card.make(result, network, models_dir)
    classifier = sentiment_card.in_memory(card, words, network)
    check_agreement(classifier, test, shipped.logits["test"])
    card, outcomes = sentiment_card.with_behaviour(card, classifier, validation)
    golden = sentiment_card.golden_answers(classifier)
    with tempfile.TemporaryDirectory() as scratch:
        pictures = sentiment_page.draw(Path(scratch), result, card)
        files = {f"plots/{name}.png": path for name, path in pictures.items()}
        files[checklist.FILE] = checklist.write(Path(scratch) / checklist.FILE, outcomes)
        if table:
            files[models_readme.ABLATION_FILE] = table.write(Path(scratch) / models_readme.ABLATION_FILE)
        path, _ = save_classifier(models_dir, card, golden, network, words, files=files)
    page = sentiment_page.write(directory, result, card, path, outcomes)
    print(sentiment_page.recommendation(result), page, sep="\n")
    return card, path


def fold_blend(shipped: SeedRun, linear: ngrams.Linear, validation: EncodedSplit) -> keras.Model:
    """Return the network to serve, with the blend folded into its weights; the baseline is that of the validation texts."""
    blend = shipped.blend
    model = review.quantize(shipped.network, linear.weights * blend.linear)
    layer = review.layer(model, "evidence")
    rng = np.random.default_rng(SEED)
    baseline_state, length_slope = fitting.baseline_states(shipped.network, validation.truncated, rng)
    layer.baseline_state.assign(baseline_state)
    layer.length_slope.assign(length_slope)
    layer.kernel.assign(layer.kernel * blend.network)
    layer.bias.assign(layer.bias * blend.network + linear.bias * blend.linear + blend.bias)
    return model


def check_agreement(classifier: SentimentClassifier, test: EncodedSplit, logits: Array) -> None:
    """Raise RuntimeError if the exported network differs from the trained one by more than the rounding of weights allows.

    The exported network reads raw texts; `logits` are those of the trained network on the tokens of the test set.
    """
    rows = range(0, len(test.texts), max(1, len(test.texts) // 64))
    predictions = classifier.predict([classifier.prepare(test.texts[row]) for row in rows])
    difference = max(
        abs(prediction.positive - classification.sigmoid(logits[row]))
        for prediction, row in zip(predictions, rows, strict=True)
    )
    if difference > sentiment_card.MAX_ROUNDING_ERROR:
        raise RuntimeError(f"the exported network differs from the trained one by {difference:g}")


if __name__ == "__main__":
    sys.exit(main())
