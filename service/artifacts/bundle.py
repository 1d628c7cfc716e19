"""One model version on disk, and in memory.

`models/<name>/<version>/` is a TensorFlow SavedModel directory, as TensorFlow Serving reads it, with our files beside it:
`manifest.json` (the card), `scaler.json` (of forecasters of one series), `domain.npy` (of classifiers that can tell texts
unlike their training's), `golden.json`, plots, and `SHA256SUMS` over all of them (`sha256sum -c SHA256SUMS` checks it too). `compiled/` is derived from it and has checksums of its own; see onnx.py. `SIGNATURES` says who vouches for both.
`save` writes a whole version or nothing. `load` checks everything before it is used.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import TypeAdapter

from ..interfaces import Network
from . import domain, onnx, saved_model
from .card import FORMAT_VERSION, SENTIMENT_FORMAT_VERSION, AnyCard, ForecastCard, SentimentCard
from .domain import Steps
from .files import BundleError, parse, plain_files, read_json, refuse, sha256, write_json
from .golden import Golden, GoldenCase
from .scaler import MinMax
from .tokenizer import Tokenizer
from .trusted_keys import TrustedKeys
from .verification import SUMS, private_copy, verify

__all__ = [
    "SUMS",
    "Bundle",
    "BundleError",
    "Golden",
    "GoldenCase",
    "load",
    "next_version",
    "read",
    "save",
    "verify",
    "versions",
]

Backend = Literal["onnx", "tensorflow"]


@dataclass(frozen=True)
class Bundle:
    """A loaded version: its card, scaler and golden answers, and its network.

    The network of a forecaster takes windows, float32 (batch, window, 1) in scaled units, or the two inputs of
    context_features.py. The network of a classifier takes text (batch,), or, with a `tokenizer`, what `onnx.TEXT_INPUTS` says.
    """

    card: ForecastCard | SentimentCard
    scaler: MinMax | None
    golden: Golden
    network: Network
    tokenizer: Tokenizer | None = None
    backend: Backend = "tensorflow"
    domain: Steps | None = None  # of a classifier that can tell texts unlike its training's


def save(
    models_dir: Path,
    card: ForecastCard | SentimentCard,
    golden: Golden,
    write_model: Callable[[Path], None],
    *,
    scaler: MinMax | None = None,
    files: Mapping[str, Path] | None = None,
) -> Path:
    """Write a new version directory and return its path.

    `write_model` writes the SavedModel into the directory that it is given. `files` maps names in the version directory to
    files that are copied there. Everything is written to a temporary sibling, which is renamed when it is complete.
    Raises FileExistsError if the version exists.
    """
    version_dir = models_dir / card.name / card.version
    if version_dir.exists():
        raise FileExistsError(f"{version_dir} exists already; a version is never changed")
    version_dir.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{card.version}-", dir=version_dir.parent))
    try:
        write_model(temporary)
        write_json(temporary / "manifest.json", card.model_dump(mode="json"))
        write_json(temporary / "golden.json", golden.model_dump(mode="json"))
        if scaler is not None:
            write_json(temporary / "scaler.json", scaler.to_dict())
        for name, source in (files or {}).items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, temporary / name)
        sums = [f"{sha256(path)}  {name}\n" for name, path in sorted(plain_files(temporary).items())]
        (temporary / SUMS).write_text("".join(sums))
        temporary.chmod(0o755)
        os.replace(temporary, version_dir)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return version_dir


def next_version(models_dir: Path, name: str) -> str:
    """Return the number after the newest version of `name`, or "1"."""
    existing = versions(models_dir / name)
    return str(int(existing[-1].name) + 1 if existing else 1)


def versions(model: Path) -> list[Path]:
    """Return the version directories in models/<name>/, the newest last; none if there is no such directory."""
    return sorted((path for path in model.glob("*") if path.name.isdecimal()), key=lambda path: int(path.name))


def load(
    path: Path,
    threads: int = 1,
    backend: Backend = "tensorflow",
    *,
    tuned: bool = True,
    trusted: TrustedKeys | None = None,
) -> Bundle:
    """Check every byte of a version directory and load its network into one backend.

    Without `tuned`, TensorFlow compiles nothing: the network is ready sooner, and every call is slower. With `trusted` keys,
    one of them must have signed the version. Raises BundleError, which names the file and the fault, for anything missing,
    extra, changed, malformed, of an unknown format, or that the backend must not or cannot run.
    """
    checked = verify(path, trusted)
    card, scaler, golden = read(path, checked.sums)
    if backend == "onnx":
        if not onnx.exists(path):
            refuse(path / onnx.DIRECTORY, "is missing; `make compile` makes it from the SavedModel")
        if checked.binding is None:  # whatever has appeared since then is vouched for by nobody
            refuse(
                path / onnx.DIRECTORY, f"had no {onnx.MANIFEST} when the version was checked; `make compile` makes it"
            )
        network, tokenizer = onnx.load(path, threads, checked.binding, checked.sums)
        if (tokenizer is None) != (card.task == "forecast"):
            refuse(path / onnx.DIRECTORY, "has a vocabulary" if tokenizer else "has no vocabulary")
        return Bundle(card, scaler, golden, network, tokenizer, backend, _domain(path, card, checked.sums))
    example = None
    if tuned and card.task == "forecast" and card.reads == "window":
        example = np.zeros((1, card.window, 1), np.float32)
    with private_copy(path, checked.sums) if trusted else nullcontext(path) as program:
        return Bundle(card, scaler, golden, saved_model.load(program, threads, example=example))


def _domain(path: Path, card: ForecastCard | SentimentCard, sums: Mapping[str, str]) -> Steps | None:
    """What the words of a classifier's vocabulary say of a text's domain, if its card has limits of it."""
    if card.task == "forecast" or card.domain is None:
        return None
    return domain.read(path / domain.FILE, card.vocabulary, sums.get(domain.FILE))


def read(
    path: Path, sums: Mapping[str, str] | None = None
) -> tuple[ForecastCard | SentimentCard, MinMax | None, Golden]:
    """Parse the card, the scaler (None without one) and the golden answers of a version. Raises BundleError.

    `sums` are the digests that the files must have, where they were checked.
    """
    sums = sums or {}
    manifest = read_json(path / "manifest.json", sums.get("manifest.json"))
    _check_format(path / "manifest.json", manifest)
    card = parse(TypeAdapter[ForecastCard | SentimentCard](AnyCard), path / "manifest.json", manifest)
    if (card.name, card.version) != (path.parent.name, path.name):
        refuse(path / "manifest.json", f"is the card of {card.name}/{card.version}")
    golden_file = path / "golden.json"
    golden = parse(TypeAdapter(Golden), golden_file, read_json(golden_file, sums.get("golden.json")))
    if card.task == "sentiment" or card.reads == "context":
        return card, None, golden
    scaler_file = path / "scaler.json"
    try:
        return card, MinMax.from_dict(read_json(scaler_file, sums.get("scaler.json"))), golden
    except (ValueError, TypeError, OverflowError) as error:
        raise BundleError(f"{scaler_file} is not a scaler: {error}") from error


def _check_format(file: Path, manifest: object) -> None:
    """Refuse a card of another format. The remedy is named for a sentiment model of the earlier one."""
    content = manifest if isinstance(manifest, dict) else {}
    is_sentiment = content.get("task") == "sentiment"
    found, expected = content.get("format_version"), SENTIMENT_FORMAT_VERSION if is_sentiment else FORMAT_VERSION
    if found == expected:
        return
    shown = found if isinstance(found, int | None) else "of another type"
    advice = ""
    if is_sentiment and found == 1:
        advice = "; it was made by an older version of the training: train it again (`python -m training.sentiment`)"
    refuse(file, f"has format {shown}; this service reads {expected}{advice}")
