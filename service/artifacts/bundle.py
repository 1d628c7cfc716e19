"""One model version on disk, and in memory.

`models/<name>/<version>/` is a TensorFlow SavedModel directory (what TensorFlow Serving reads) with
our files beside it: `manifest.json` (the card), `scaler.json` (forecasters), `golden.json`, plots,
and `SHA256SUMS` over all of them (`sha256sum -c SHA256SUMS` checks it too). `compiled/`, which has a
checksum file of its own, is derived from it: see compiled.py. `save` writes a version once, whole or not
at all; `load` believes nothing that it has not checked.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import TypeAdapter

from service.artifacts import onnx, saved_model
from service.artifacts.card import FORMAT_VERSION, AnyCard, ForecastCard, SentimentCard
from service.artifacts.files import BundleError, parse, plain_files, read_json, read_text, refuse, sha256, write_json
from service.artifacts.golden import Golden, GoldenCase
from service.artifacts.scaler import MinMax
from service.artifacts.tokenizer import Tokenizer
from service.interfaces import Network

__all__ = [
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

SUMS = "SHA256SUMS"
Backend = Literal["onnx", "tensorflow"]


@dataclass(frozen=True)
class Bundle:
    """A loaded version: its card, its scaler, its golden answers, and the network as a function.

    `run` of a forecaster takes float32 (batch, window, 1), or what service/forecast/context_features.py makes of any series, and returns
    the named outputs. That of a classifier takes text (batch,), or, where there is a `tokeniser`, int32 token numbers (batch, time) and their counts (batch,).
    """

    card: ForecastCard | SentimentCard
    scaler: MinMax | None
    golden: Golden
    network: Network
    tokenizer: Tokenizer | None = None
    backend: Backend = "tensorflow"


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

    `write_model` writes the SavedModel into the directory it is given; `files` maps names in the
    version directory to files to copy there. Everything goes to a temporary sibling first, which
    is renamed when complete. Raises FileExistsError when the version is already there.
    """
    final = models_dir / card.name / card.version
    if final.exists():
        raise FileExistsError(f"{final} exists already; a version is never changed")
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{card.version}-", dir=final.parent))
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
        os.replace(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return final


def next_version(models_dir: Path, name: str) -> str:
    """The number after the newest version of `name`, or "1"."""
    taken = versions(models_dir / name)
    return str(int(taken[-1].name) + 1 if taken else 1)


def versions(model: Path) -> list[Path]:
    """The version directories in models/<name>/, the newest last; none where there is no such directory."""
    return sorted((path for path in model.glob("*") if path.name.isdecimal()), key=lambda path: int(path.name))


def load(path: Path, threads: int = 1, backend: Backend = "tensorflow", *, tuned: bool = True) -> Bundle:
    """Check a version directory to the last byte and load its network into one engine.

    Without `tuned`, TensorFlow compiles nothing: ready sooner, but slower for every call.
    Raises BundleError, naming the file and the fault, for anything missing, extra, changed, malformed, of an
    unknown format, or that the engine must not or cannot run.
    """
    verify(path)
    card, scaler, golden = read(path)
    if backend == "onnx":
        if not onnx.exists(path):
            refuse(path / onnx.DIRECTORY, "is missing; `make compile` makes it from the SavedModel")
        network, tokenizer = onnx.load(path, threads)
        if (tokenizer is None) != (card.task == "forecast"):
            refuse(path / onnx.DIRECTORY, "has a vocabulary" if tokenizer else "has no vocabulary")
        return Bundle(card, scaler, golden, network, tokenizer, backend)
    example = None
    if tuned and card.task == "forecast" and card.reads == "window":
        example = np.zeros((1, card.window, 1), np.float32)
    return Bundle(card, scaler, golden, saved_model.load(path, threads, example=example))


def read(path: Path) -> tuple[ForecastCard | SentimentCard, MinMax | None, Golden]:
    """The version's own files, parsed and checked against its place on disk."""
    manifest = read_json(path / "manifest.json")
    found = manifest.get("format_version") if isinstance(manifest, dict) else None
    if found != FORMAT_VERSION:
        refuse(path / "manifest.json", f"has format {found!r}; this service reads {FORMAT_VERSION}")
    card = parse(TypeAdapter[ForecastCard | SentimentCard](AnyCard), path / "manifest.json", manifest)
    if (card.name, card.version) != (path.parent.name, path.name):
        refuse(path / "manifest.json", f"is the card of {card.name}/{card.version}")
    golden_file = path / "golden.json"
    golden = parse(TypeAdapter(Golden), golden_file, read_json(golden_file))
    if card.task == "sentiment" or card.reads == "context":
        return card, None, golden
    scaler_file = path / "scaler.json"
    try:
        return card, MinMax.from_dict(read_json(scaler_file)), golden
    except (ValueError, TypeError, OverflowError) as error:
        refuse(scaler_file, f"is not a scaler: {error}")


def verify(path: Path) -> None:
    """Compare a version directory with its SHA256SUMS: the same files, the same bytes."""
    if not path.is_dir():
        refuse(path, "is not a directory")
    if not (path / SUMS).is_file():
        refuse(path / SUMS, "is missing: the version is half written or not one of ours")
    files = {n: f for n, f in plain_files(path).items() if n != SUMS and not n.startswith(f"{onnx.DIRECTORY}/")}
    stated: dict[str, str] = {}
    for number, line in enumerate(read_text(path / SUMS).splitlines(), 1):
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or not name:
            refuse(path / SUMS, f"line {number} is not '<sha256>  <file>'")
        stated[name] = digest
    for name in sorted(stated.keys() - files.keys()):
        refuse(path / name, "is missing")
    for name in sorted(files.keys() - stated.keys()):
        refuse(path / name, f"is not listed in {SUMS}")
    for name, digest in stated.items():
        if sha256(files[name]) != digest:
            refuse(path / name, f"was changed: its SHA-256 is not the one in {SUMS}")
    for name in ("saved_model.pb", "manifest.json", "golden.json"):
        if name not in files:
            refuse(path / name, "is missing")
