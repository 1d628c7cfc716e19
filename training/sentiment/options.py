"""The options of `python -m training.sentiment` and of its ablation: the command lines as frozen dataclasses, and the presets."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from training.data.tables import FOUND_OUT, DataError, FileOptions, add_file_options, file_options

DEFAULT_VOCABULARY = 32_000
SHIPPED = "sentiment"  # the name of the shipped model, and of a model without a name of its own
MIN_UNLABELLED = 1_000  # texts; with fewer, a teacher adds nothing
Options = TypeVar("Options")


@dataclass(frozen=True)
class FitConfig:
    """How a network is fitted.

    `spelt` is the share of the words that are spelt out, some of them wrongly, so that the network learns to read spellings.
    `crop_share` is the share of longer texts of which each epoch also fits a random crop, with the target of the whole text.
    There are more epochs than `epochs` where the texts are so few that these would have fewer than `min_steps` batches. With
    several learning rates each is tried, and the one of least validation loss is kept.
    """

    epochs: int = 5
    learning_rates: tuple[float, ...] = (2e-3,)
    spelt: float = 0.06
    crop_share: float = 0.25
    min_steps: int = 200


@dataclass(frozen=True)
class Preset:
    """How much work a run does."""

    seeds: tuple[int, ...]
    config: FitConfig
    teacher: bool


PRESETS = {
    "full": Preset(seeds=(0, 1, 2), config=FitConfig(), teacher=True),
    "quick": Preset(seeds=(0,), config=FitConfig(epochs=3), teacher=False),
}
SECOND_ROUND = FitConfig(epochs=3, learning_rates=(1e-3,))
CONTINUED = FitConfig(
    epochs=4, learning_rates=(5e-4, 2e-3)
)  # a network that has been trained before: on such texts, or others
NEW_CLASSES = FitConfig(min_steps=600)  # for such a network where it does not know the classes


@dataclass(frozen=True)
class DataOptions:
    """Which texts a run reads: those of `data`, or the sets of `opinions`, for which the other fields have no effect."""

    data: Path | None = None
    unlabelled: Path | None = None
    test_data: Path | None = None
    text_column: str | None = None
    label_column: str | None = None
    positive: str | None = None
    stars: tuple[float, float] | None = None  # ratings up to the first are negative, from the second on positive
    source: str | None = None
    test_source: str | None = None
    negative: str | None = None
    opinions: Path | None = None
    file: FileOptions = FOUND_OUT


@dataclass(frozen=True)
class NetworkOptions:
    """The options of one network; None stands for the preset's or the default value."""

    vocabulary: int | None = None
    epochs: int | None = None
    vectors: Path | None = None
    paragraphs: Path | None = None


@dataclass(frozen=True)
class TrainOptions:
    """The options of `python -m training.sentiment`."""

    data: DataOptions
    network: NetworkOptions
    preset: Preset
    name: str = SHIPPED
    start: str | None = None
    dry_run: bool = False
    teacher: bool | None = None
    seeds: Sequence[int] | None = None
    models_dir: Path = Path("models")
    report: Path | None = None
    pictures: Path | None = None
    ladder: Path | None = None


def parse(argv: Sequence[str] | None) -> TrainOptions:
    """Read the command line of `python -m training.sentiment`. Raises DataError for numbers that cannot be used."""
    parser = make_parser("python -m training.sentiment", "Train and export the sentiment classifier.")
    add = parser.add_argument
    add("--name", default=SHIPPED, help="name of the model, so that several stand side by side (default: %(default)s)")
    add(
        "--start",
        help="version directory to start from, or none (default, given --data: the newest version of --name, else the shipped model)",
    )
    add("--dry-run", action="store_true", help="say what was understood of the file, and stop")
    add("--preset", choices=PRESETS, default="full", help="(default: %(default)s)")
    add(
        "--teacher",
        action=argparse.BooleanOptionalAction,
        help="also learn a doc2vec teacher's predictions for the unlabelled texts (default: the preset's)",
    )
    add("--seeds", type=int, nargs="+", help="(default: the preset's)")
    add("--models-dir", type=Path, default=Path("models"), help="(default: %(default)s)")
    add("--report", type=Path, help="directory of report.html (default: reports/<--name, or the name of the data>)")
    add("--pictures", type=Path, help="also copy the pictures to this directory")
    add(
        "--ladder",
        type=Path,
        help="results of training.sentiment.ablation; saved with the version, with rows of this run added",
    )
    arguments = parser.parse_args(argv)
    data, network = shared_options(vars(arguments))
    return TrainOptions(
        data,
        network,
        PRESETS[arguments.preset],
        name=arguments.name,
        dry_run=arguments.dry_run,
        start=arguments.start,
        teacher=arguments.teacher,
        seeds=arguments.seeds,
        models_dir=arguments.models_dir,
        report=arguments.report,
        pictures=arguments.pictures,
        ladder=arguments.ladder,
    )


def make_parser(program: str, description: str) -> argparse.ArgumentParser:
    """Return a parser of the options that both commands have: those of the data and of one network."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    add = parser.add_argument
    add("--data", type=Path, help="CSV with a text and a label column (default: the Large Movie Review Dataset)")
    add(
        "--opinions",
        type=Path,
        help="directory that python -m training.data.opinions writes: many sets, without --data",
    )
    add("--unlabelled", type=Path, help=f"CSV of more texts like these; --teacher needs {MIN_UNLABELLED} or more")
    add("--test-data", type=Path, help="CSV of the same columns (default: a tenth of --data, stratified)")
    add("--text-column", help="(default: the column with the most words)")
    add(
        "--label-column",
        help="of 2 to 50 classes (default: the column named label or the like, or the one with two values)",
    )
    add("--positive", help="the label of the positive class, if there is one and its name does not say so")
    add("--negative", help="the label of the negative class, likewise; of two classes one is enough")
    add(
        "--stars",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="ratings up to LOW are negative, from HIGH on positive; those between are neutral if they are 100 or more and 5 %%",
    )
    add("--source", help="where the data is from, for the card (default: the file's name)")
    add("--test-source", help="where the test data is from, for the card (default: the file's name)")
    add("--vocabulary", type=int, help=f"number of words in the vocabulary (default: {DEFAULT_VOCABULARY})")
    add("--epochs", type=int, help="largest number of epochs (default: the preset's)")
    add("--vectors", type=Path, help="word vectors that half of each vector begins with: .npz of `words` and `vectors`")
    add("--paragraphs", type=Path, help="file of the teacher's paragraph vectors: read if it exists, written otherwise")
    add_file_options(parser)
    return parser


def shared_options(values: dict[str, Any]) -> tuple[DataOptions, NetworkOptions]:
    """Return the options that both commands have. Raises DataError for numbers that cannot be used."""
    network = _select(NetworkOptions, values)
    if any(number is not None and number < 1 for number in (network.epochs, network.vocabulary)):
        raise DataError("--epochs and --vocabulary are at least 1")
    stars = tuple(values["stars"]) if values["stars"] else None
    return _select(DataOptions, {**values, "stars": stars, "file": file_options(values)}), network


def _select(kind: type[Options], values: Mapping[str, Any]) -> Options:
    return kind(**{field.name: values[field.name] for field in fields(kind)})  # type: ignore[arg-type]
