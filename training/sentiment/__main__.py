"""Train and export the sentiment classifier.

    python -m training.sentiment --opinions DIR              # the sets of opinions that training.data.opinions writes
    python -m training.sentiment --data my.csv               # your own: a text and a label column
    python -m training.sentiment                             # film reviews, fetched and cached
    python -m training.sentiment --help                      # all options

Each seed fits a bidirectional LSTM, beside n-gram weights; a regression on the validation part blends the two, and
calibrates them. If there are enough unlabelled texts, a teacher predicts them, and networks and n-gram weights learn from
all texts. The candidates are each seed's network and the average of their weights; the one of least validation loss ships.
The validation part also chooses the thresholds for "uncertain" and "mixed". Test parts are used once, at the end, for the
scores.
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
from service.artifacts.tokenizer import UNKNOWN
from service.interfaces import Tokens
from service.sentiment.classifier import SentimentClassifier
from training.data.opinions.collection import read_collection
from training.data.tables import DataError
from training.evaluation import checklist, classification
from training.export.versions import save_classifier
from training.networks import review
from training.networks.ngram_hash import ngram_buckets
from training.reporting import models_readme, sentiment_section, tables
from training.sentiment import batches, fitting, generated, ngrams, teacher
from training.sentiment import card as sentiment_card
from training.sentiment import page as sentiment_page
from training.sentiment.ablation_table import AblationTable, fingerprint
from training.sentiment.card import TrainingResult
from training.sentiment.corpus import Corpus, from_collection, from_splits
from training.sentiment.encoding import Encoder, without_spellings
from training.sentiment.fitting import Words
from training.sentiment.initialization import SEED, Initialization, from_texts, from_version
from training.sentiment.options import (
    CONTINUED,
    DEFAULT_VOCABULARY,
    MIN_UNLABELLED,
    FitConfig,
    TrainOptions,
    parse,
)
from training.sentiment.seeds import Encoded, SeedRun, average_weights, fit_seeds
from training.sentiment.splits import load

UNLABELLED_SHARE = 0.35  # of the unlabelled texts, an epoch
UNLABELLED_WEIGHT = 0.3  # of their words in the vocabulary
GENERATED = 12_000  # texts of the grammar, an epoch


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
    corpus = read_corpus(options)
    config, has_teacher = plan(options, version, len(corpus.unlabelled))
    table = AblationTable.read(options.ladder, fingerprint(corpus.validation)) if options.ladder else None
    initialization = initialize(options, version, corpus, console)
    result, linear = fit(options, corpus, initialization, config, has_teacher, table, console)
    name = options.data.data.name.split(".")[0] if options.data.data else "opinions"
    card, path = export(result, linear, options.models_dir, options.report or Path("reports") / name, table)
    tables.show(f"{card.name} v{card.version}", *sentiment_section.score_rows(card))
    print(f"{path}: {card.network}")
    print("wrote", models_readme.write_readme(options.models_dir))
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for file in sorted((path / "plots").glob("*.png")):
            shutil.copyfile(file, options.pictures / f"sentiment_{file.name}")


def read_corpus(options: TrainOptions) -> Corpus:
    """Read the sets of opinions, or one labelled file. Raises DataError."""
    if options.data.opinions is None:
        return from_splits(load(options.data))
    return from_collection(read_collection(options.data.opinions), options.data.source or "sets of opinions")


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
    fresh_options = {"--vocabulary": network.vocabulary, "--vectors": network.vectors, "--ladder": options.ladder}
    for option, value in fresh_options.items():
        if value is not None and version is not None:
            raise DataError(f"{option} is only for a new network: add --start none, or leave {option} out")
    if options.teacher and unlabelled < MIN_UNLABELLED:
        raise DataError(
            f"--teacher needs {MIN_UNLABELLED:,} or more texts that are not among the labelled ones, "
            f"but there are {unlabelled:,}: give --unlabelled more.csv"
        )
    config = options.preset.config if version is None else CONTINUED
    config = replace(config, epochs=network.epochs or config.epochs)
    wants_teacher = options.preset.teacher if options.teacher is None else options.teacher
    return config, wants_teacher and unlabelled >= MIN_UNLABELLED


def initialize(options: TrainOptions, version: Path | None, corpus: Corpus, console: Console) -> Initialization:
    """Compute word vectors of the texts of the run, or load the version to train further. Raises DataError."""
    if version is None:
        network = options.network
        parts = [*((pool.texts, pool.share) for pool in corpus.pools), (corpus.unlabelled, UNLABELLED_WEIGHT)]
        return from_texts(parts, network.vocabulary or DEFAULT_VOCABULARY, network.vectors, console)
    initialization = from_version(version)
    check_test_set(initialization, corpus)
    console.print(f"starting from {initialization.version} in {version}; --start none trains a new network")
    return initialization


def check_test_set(initialization: Initialization, corpus: Corpus) -> None:
    """Raise DataError if the version to train further has been trained on the same file with another test set."""
    if initialization.sha256 == corpus.data.sha256 and initialization.audit != corpus.data.audit:
        raise DataError(
            f"{initialization.version} was trained on {corpus.data.source} with another test set, so it may have been trained "
            "on texts of this one: add --start none, or give other texts"
        )


def fit(
    options: TrainOptions,
    corpus: Corpus,
    initialization: Initialization,
    config: FitConfig,
    has_teacher: bool,
    table: AblationTable | None,
    console: Console,
) -> tuple[TrainingResult, ngrams.Linear]:
    """Fit the n-gram weights and one network per seed; add the rows of this run to the ablation `table`, if there is one."""
    start = perf_counter()
    pools = corpus.pools
    targets = None
    if has_teacher:
        unlabelled = corpus.unlabelled[: teacher.MAX_UNLABELLED]
        pools, targets = teacher.teach(pools, unlabelled, SEED, options.network.paragraphs, console)
    encoder = Encoder(initialization.words)
    encoded = [batches.Pool([encoder.truncated(t) for t in pool.texts], pool.targets, pool.share) for pool in pools]
    if targets is not None and len(targets):
        encoded.append(batches.Pool([encoder.truncated(text) for text in unlabelled], targets, UNLABELLED_SHARE))
    linear = fit_ngrams(encoded, initialization)
    if corpus.has_generated:
        texts, made = generated.generate(GENERATED, SEED)
        encoded.append(batches.Pool([encoder.truncated(text) for text in texts], made))
    parts = [corpus.validation, *corpus.tests.values()]
    tokens = [[encoder.truncated(text) for text in part.texts] for part in parts]
    words = Words(encoder.spellings(), len(encoder.vocabulary))
    held_out = [
        Encoded(part, each, linear.logits(ngrams.count(unspelt(each, words), len(linear.weights))))
        for part, each in zip(parts, tokens, strict=True)
    ]
    seeds = options.seeds or options.preset.seeds
    runs = fit_seeds(seeds, encoded, held_out, corpus.classes, initialization, words, config, console)
    average = average_weights(runs, corpus.classes, initialization, held_out, words) if len(runs) > 1 else None
    result = TrainingResult(corpus, held_out, initialization, words, config, has_teacher, runs, average)
    if table:
        seconds = initialization.seconds + perf_counter() - start
        table.add(result, linear, seconds)
    return result, linear


def fit_ngrams(pools: Sequence[batches.Pool], initialization: Initialization) -> ngrams.Linear:
    """Fit the n-gram weights to all pools, each text with the share of its pool as its weight."""
    classes = pools[0].targets.shape[1]
    buckets = ngram_buckets(classes)
    vocabulary = len(initialization.words)
    texts = [text for pool in pools for text in pool.texts]
    counts = ngrams.count(unspelt(texts, Words(np.zeros((0, 0), np.uint8), vocabulary)), buckets)
    prior = initialization.ngrams
    targets = np.concatenate([pool.targets for pool in pools])
    certainty = targets.max(axis=1) * np.repeat([pool.share for pool in pools], [len(pool.texts) for pool in pools])
    hard = np.eye(classes, dtype=np.float32)[targets.argmax(axis=1)]
    return ngrams.fit(counts, hard, prior if prior is not None and len(prior) == buckets else None, certainty)


def unspelt(texts: Sequence[Tokens], words: Words) -> list[Tokens]:
    """Return the texts with the number of an unknown word in the place of spellings."""
    return without_spellings(texts, words.vocabulary, UNKNOWN)


def export(
    result: TrainingResult,
    linear: ngrams.Linear,
    models_dir: Path,
    directory: Path,
    table: AblationTable | None,
) -> tuple[SentimentCard, Path]:
    """Measure the shipped network on the test parts, write it as a new version, and write the report to `directory`."""
    shipped, words = result.shipped, result.initialization.words
    network = fold_blend(result, linear)
    card = sentiment_card.make(result, network, models_dir)
    classifier = sentiment_card.in_memory(card, words, network)
    check_agreement(classifier, result.held_out[0], shipped)
    card, outcomes = sentiment_card.with_behaviour(card, classifier, result)
    golden = sentiment_card.golden_answers(classifier)
    with tempfile.TemporaryDirectory() as scratch:
        pictures = sentiment_page.draw(Path(scratch), result, card)
        files = {f"plots/{name}.png": path for name, path in pictures.items()}
        if outcomes:
            files[checklist.FILE] = checklist.write(Path(scratch) / checklist.FILE, outcomes)
        if table:
            files[models_readme.ABLATION_FILE] = table.write(Path(scratch) / models_readme.ABLATION_FILE)
        path, _ = save_classifier(models_dir, card, golden, network, words, files=files)
    page = sentiment_page.write(directory, result, card, path, outcomes)
    print(sentiment_page.recommendation(result), page, sep="\n")
    return card, path


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


def check_agreement(classifier: SentimentClassifier, validation: Encoded, shipped: SeedRun) -> None:
    """Raise RuntimeError if the exported network differs from the trained one by more than the rounding of weights allows.

    The exported network reads raw texts; the trained one has read the tokens of the validation part.
    """
    texts = validation.part.texts
    rows = range(0, len(texts), max(1, len(texts) // 64))
    predictions = classifier.predict([classifier.prepare(texts[row]) for row in rows])
    expected = classification.softmax(shipped.logits[validation.part.name])
    difference = max(
        float(np.abs(np.array(prediction.probabilities) - expected[row]).max())
        for prediction, row in zip(predictions, rows, strict=True)
    )
    if difference > sentiment_card.MAX_ROUNDING_ERROR:
        raise RuntimeError(f"the exported network differs from the trained one by {difference:g}")


if __name__ == "__main__":
    sys.exit(main())
