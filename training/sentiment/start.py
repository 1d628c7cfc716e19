"""Which version a run starts from. It is chosen before anything is fitted, and said before anything else is.

A run never starts from a model of other texts unless it is told to: a model that has learnt airline tweets is no start for
film reviews. The shipped model has learnt many sets of opinions, so it is a start for any texts.
"""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from service.artifacts import bundle
from service.artifacts.card import SentimentCard
from training.data.tables import DataError
from training.sentiment.options import SHIPPED, TrainOptions

LAYERS = "network.json"  # a version without it cannot be built again
REPOSITORY_MODELS = Path(__file__).resolve().parents[2] / "models"


@dataclass(frozen=True)
class Start:
    """A version to train further, or None for a new network, and a sentence that says which and why."""

    path: Path | None
    reason: str


def find(options: TrainOptions) -> Start:
    """Return what a run starts from: what --start names, its own last version, or the shipped model.

    Without --data a new network is trained. Raises DataError if there is no version to start from.
    """
    if options.start == "none":
        return Start(None, "a new network, whose words are those of the texts (--start none)")
    if options.start is not None:
        return Start(Path(options.start), f"{options.start} (--start)")
    if options.data.data is None:
        return Start(None, "a new network, as for all runs without --data")
    return _own(options) or _shipped(options)


def _own(options: TrainOptions) -> Start | None:
    """The newest version of the run's name; one of the shipped name only if it has learnt the same file."""
    source = options.data.source or (options.data.data.name if options.data.data else "")
    for path in _versions(options.models_dir / options.name):
        card = _card(path)
        if card and (options.name != SHIPPED or (not card.sets and card.data.source == source)):
            why = "the newest version of this name" if options.name != SHIPPED else f"which has learnt {source}, too"
            return Start(path, f"{card.name} v{card.version} in {path}, {why}; --start none trains a new network")
    return None


def _shipped(options: TrainOptions) -> Start:
    """The newest model of many sets of opinions, of the models directory or of the repository."""
    passed: list[str] = []
    for directory in dict.fromkeys((options.models_dir, REPOSITORY_MODELS)):
        for path in _versions(directory / SHIPPED):
            card = _card(path)
            if card and card.sets:
                over = f"; passed over, as of other texts: {', '.join(passed)}" if passed else ""
                return Start(
                    path,
                    f"{card.name} v{card.version} in {path}, the shipped model of many kinds of opinions{over}; "
                    "--start none trains a new network",
                )
            passed += [f"v{card.version} ({card.data.source})"] if card else []
    raise DataError(
        f"there is no shipped sentiment model to start from in {options.models_dir / SHIPPED} or in {REPOSITORY_MODELS}: "
        "name a version with --start, or train a new network with --start none, which needs more texts"
    )


def _versions(directory: Path) -> list[Path]:
    """The versions that can be trained further, the newest first."""
    return [path for path in reversed(bundle.versions(directory)) if (path / LAYERS).exists()]


def _card(path: Path) -> SentimentCard | None:
    """The card of a version of this kind, if it can be read; `initialization.from_version` checks all of it."""
    try:
        return SentimentCard.model_validate_json((path / "manifest.json").read_bytes())
    except (OSError, ValidationError):
        return None
