"""One model version on disk, and in memory.

`models/<name>/<version>/` is a TensorFlow SavedModel directory (what TensorFlow Serving reads) with
our files beside it: `manifest.json` (the card), `scaler.json` (forecasters), `golden.json`, plots,
and `SHA256SUMS` over all of them (`sha256sum -c SHA256SUMS` checks it too). `save` writes a version
once, whole or not at all; `load` believes nothing that it has not checked.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError

from service.card import FORMAT_VERSION, AnyCard, ForecastCard, SentimentCard
from service.scaling import MinMax

T = TypeVar("T")
Run = Callable[[npt.NDArray[Any]], Mapping[str, npt.NDArray[Any]]]

SUMS = "SHA256SUMS"
MAX_JSON_BYTES = 4 << 20
MAX_FILES = 1_000

# A SavedModel is a program, to be taken from those whose code one would run. These operations, which no network of
# ours needs, reach for files or Python, or run only where a GPU was; to find one is to know that something is wrong.
FORBIDDEN_OPS = frozenset(
    [
        "EagerPyFunc",
        "PyFunc",
        "PyFuncStateless",
        "ReadFile",
        "WriteFile",
        "MatchingFiles",
        "PrintV2",
        "Print",
        "ReaderReadV2",
        "WholeFileReaderV2",
        "FixedLengthRecordReaderV2",
        "TextLineReaderV2",
        "TFRecordReaderV2",
        "TextLineDataset",
        "TFRecordDataset",
        "FixedLengthRecordDatasetV2",
        "GeneratorDataset",
        "SaveDatasetV2",
        "LoadDataset",
        "LoadDatasetV2",
        "MatchingFilesDataset",
        "SqlDataset",
        "SnapshotDataset",
        "SnapshotDatasetV2",
        "CreateSummaryFileWriter",
        "InitializeTableFromTextFile",
        "CudnnRNN",
        "CudnnRNNV2",
        "CudnnRNNV3",
    ]
)


class BundleError(Exception):
    """A model version that must not be served; the message names the file and the fault."""


class GoldenCase(BaseModel):
    """A request as a caller would send it, with the answer that training's evaluation gave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request: dict[str, Any]
    answer: list[FiniteFloat] = Field(min_length=1)


class Golden(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    relative_tolerance: float = Field(gt=0, le=0.01)
    absolute_tolerance: FiniteFloat = Field(gt=0, description="in the answer's own units")
    cases: list[GoldenCase] = Field(min_length=1, max_length=100)


@dataclass(frozen=True)
class Bundle:
    """A loaded version: its card, its scaler, its golden answers, and the network as a function.

    `run` takes float32 (batch, window, 1) or text (batch,), and returns the named outputs.
    """

    card: ForecastCard | SentimentCard
    scaler: MinMax | None
    golden: Golden
    run: Run


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
        _write_json(temporary / "manifest.json", card.model_dump(mode="json"))
        _write_json(temporary / "golden.json", golden.model_dump(mode="json"))
        if scaler is not None:
            _write_json(temporary / "scaler.json", scaler.to_dict())
        for name, source in (files or {}).items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, temporary / name)
        sums = [f"{_sha256(path)}  {name}\n" for name, path in sorted(_files(temporary).items())]
        (temporary / SUMS).write_text("".join(sums))
        temporary.chmod(0o755)
        os.replace(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return final


def next_version(models_dir: Path, name: str) -> str:
    """The number after the newest version of `name`, or "1"."""
    directory = models_dir / name
    taken = [int(p.name) for p in directory.glob("*") if p.name.isdecimal()]
    return str(max(taken, default=0) + 1)


def load(path: Path, threads: int = 1) -> Bundle:
    """Check a version directory to the last byte and load its network.

    Raises BundleError, naming the file and the fault, for anything missing, extra, changed,
    malformed, of an unknown format, or using one of FORBIDDEN_OPS.
    """
    verify(path)
    card, scaler, golden = read(path)
    return Bundle(card, scaler, golden, _saved_model(path, threads))


def read(path: Path) -> tuple[ForecastCard | SentimentCard, MinMax | None, Golden]:
    """The version's own files, parsed and checked against its place on disk."""
    manifest = _read_json(path / "manifest.json")
    found = manifest.get("format_version") if isinstance(manifest, dict) else None
    if found != FORMAT_VERSION:
        _refuse(path / "manifest.json", f"has format {found!r}; this service reads {FORMAT_VERSION}")
    card = _parse(TypeAdapter[ForecastCard | SentimentCard](AnyCard), path / "manifest.json", manifest)
    if (card.name, card.version) != (path.parent.name, path.name):
        _refuse(path / "manifest.json", f"is the card of {card.name}/{card.version}")
    golden_file = path / "golden.json"
    golden = _parse(TypeAdapter(Golden), golden_file, _read_json(golden_file))
    if card.task == "sentiment":
        return card, None, golden
    scaler_file = path / "scaler.json"
    try:
        return card, MinMax.from_dict(_read_json(scaler_file)), golden
    except (ValueError, TypeError, OverflowError) as error:
        _refuse(scaler_file, f"is not a scaler: {error}")


def verify(path: Path) -> None:
    """Compare a version directory with its SHA256SUMS: the same files, the same bytes."""
    if not path.is_dir():
        _refuse(path, "is not a directory")
    if not (path / SUMS).is_file():
        _refuse(path / SUMS, "is missing: the version is half written or not one of ours")
    files = _files(path)
    files.pop(SUMS)
    stated: dict[str, str] = {}
    for number, line in enumerate(_read_text(path / SUMS).splitlines(), 1):
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or not name:
            _refuse(path / SUMS, f"line {number} is not '<sha256>  <file>'")
        stated[name] = digest
    for name in sorted(stated.keys() - files.keys()):
        _refuse(path / name, "is missing")
    for name in sorted(files.keys() - stated.keys()):
        _refuse(path / name, f"is not listed in {SUMS}")
    for name, digest in stated.items():
        if _sha256(files[name]) != digest:
            _refuse(path / name, f"was changed: its SHA-256 is not the one in {SUMS}")
    for name in ("saved_model.pb", "manifest.json", "golden.json"):
        if name not in files:
            _refuse(path / name, "is missing")


def _saved_model(path: Path, threads: int) -> Run:
    """Load the SavedModel's `serving_default` signature as a plain function of one array."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(threads))
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(threads))
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    program = saved_model_pb2.SavedModel()
    try:
        program.ParseFromString((path / "saved_model.pb").read_bytes())
    except Exception as error:
        raise BundleError(f"{path / 'saved_model.pb'} is not a SavedModel: {error}") from error
    for graph in (meta.graph_def for meta in program.meta_graphs):
        nodes = [graph.node, *(function.node_def for function in graph.library.function)]
        forbidden = {node.op for group in nodes for node in group} & FORBIDDEN_OPS
        if forbidden:
            _refuse(path / "saved_model.pb", f"uses {', '.join(sorted(forbidden))}")
    try:
        model = tf.saved_model.load(str(path))
        serve = model.signatures["serving_default"]
        ((_, arguments),) = [serve.structured_input_signature]
        (argument,) = arguments
    except Exception as error:
        raise BundleError(f"{path} cannot be loaded as a SavedModel: {error}") from error

    def run(batch: npt.NDArray[Any], _keep_alive: object = model) -> dict[str, npt.NDArray[Any]]:
        outputs = serve(**{argument: tf.constant(batch)})
        return {name: np.asarray(value) for name, value in outputs.items()}

    return run


def _files(path: Path) -> dict[str, Path]:
    """Every file below `path` by its relative name; refuses links, devices and too many files."""
    found: dict[str, Path] = {}
    for entry in path.rglob("*"):
        if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
            _refuse(entry, "is neither a plain file nor a directory")
        if entry.is_file():
            found[entry.relative_to(path).as_posix()] = entry
        if len(found) > MAX_FILES:
            _refuse(path, f"holds more than {MAX_FILES} files")
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n", "utf-8")


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            _refuse(path, f"is larger than {MAX_JSON_BYTES} bytes")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path} cannot be read: {error}") from error


def _read_json(path: Path) -> Any:
    try:
        return json.loads(_read_text(path))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not JSON: {error}") from error


def _parse(adapter: TypeAdapter[T], path: Path, content: Any) -> T:
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        _refuse(path, f"is not valid at '{where}': {first['msg']}")


def _refuse(path: Path, fault: str) -> NoReturn:
    raise BundleError(f"{path} {fault}")
