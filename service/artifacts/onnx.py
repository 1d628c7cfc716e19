"""The compiled form of a version: the same network for ONNX Runtime, and the vocabulary of a text model.

`models/<name>/<version>/compiled/` is derived from the SavedModel beside it, which stays the artifact of record. It has
`network.onnx`, `vocabulary.txt` for text, and the manifest `binding.json`, which names the SavedModel that it was made from
and the checksums of its own files. A compiled form of another SavedModel, or a changed one, is refused. ONNX Runtime is
imported in `session` only.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ..interfaces import Network
from .files import (
    MAX_JSON_BYTES,
    BundleError,
    json_of,
    parse,
    plain_files,
    read_bytes,
    refuse,
    refusing,
    sha256,
    write_json,
)
from .tokenizer import Tokenizer

DIRECTORY = "compiled"
NETWORK = "network.onnx"
VOCABULARY = "vocabulary.txt"
MANIFEST = "binding.json"
# What the network of a classifier takes: token numbers, int32 (batch, time), right-padded with zeros; lengths, int32 (batch,);
# spellings, uint8 (unknown, SPELLING_BYTES), a row for each token that is UNKNOWN, in row-major order of the tokens; and
# whether the weights of the tokens are wanted, bool ().
TEXT_INPUTS = ("tokens", "lengths", "spellings", "explain")
MAX_NETWORK_BYTES = 1 << 30
MAX_VOCABULARY_BYTES = 64 << 20


class OnnxManifest(BaseModel):
    """binding.json: the SavedModel that a compiled form was made from, and its files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: Literal[1] = 1
    saved_model: str = Field(description="fingerprint of the SavedModel that it was compiled from")
    files: dict[str, str] = Field(description="file → SHA-256")


def fingerprint(version: Path, sums: Mapping[str, str] | None = None) -> str:
    """Return the SHA-256 over names and contents of all files that decide what a SavedModel computes.

    `sums` are the digests of the version's files by name, if they are known; otherwise the files are read.
    """
    digest = hashlib.sha256()
    for name in sorted(plain_files(version) if sums is None else sums):
        if name == "saved_model.pb" or name.startswith(("variables/", "assets/")):
            digest.update(f"{sha256(version / name) if sums is None else sums[name]}  {name}\n".encode())
    return digest.hexdigest()


@contextmanager
def written(version: Path, network: bytes, vocabulary: list[str] | None = None) -> Iterator[None]:
    """Put a whole compiled form, or nothing, beside the SavedModel in `version`.

    If the `with` block raises, the compiled form is removed, and an earlier one is put back.
    """
    temporary = Path(tempfile.mkdtemp(prefix=".compiled-", dir=version.parent))
    before = temporary.with_name(f"{temporary.name}-before")
    try:
        (temporary / NETWORK).write_bytes(network)
        if vocabulary is not None:
            (temporary / VOCABULARY).write_bytes("\n".join(vocabulary).encode())
        files = {name: sha256(file) for name, file in sorted(plain_files(temporary).items())}
        write_json(temporary / MANIFEST, OnnxManifest(saved_model=fingerprint(version), files=files).model_dump())
        temporary.chmod(0o755)
        if exists(version):
            os.replace(version / DIRECTORY, before)  # a directory cannot take another's place
        os.replace(temporary, version / DIRECTORY)
        yield
    except BaseException:
        if not temporary.exists():
            shutil.rmtree(version / DIRECTORY, ignore_errors=True)
        if before.exists():
            os.replace(before, version / DIRECTORY)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)


def write(version: Path, network: bytes, vocabulary: list[str] | None = None) -> None:
    """Put a compiled form beside the SavedModel in `version`, without verification. An earlier one is replaced."""
    with written(version, network, vocabulary):
        pass


def exists(version: Path) -> bool:
    """Whether a version has a compiled form. Raises BundleError if it may not be looked at."""
    with refusing(version):
        return (version / DIRECTORY).is_dir()


def load(
    version: Path, threads: int, binding: bytes | None = None, sums: Mapping[str, str] | None = None
) -> tuple[Network, Tokenizer | None]:
    """Return the compiled network, and its tokenizer if it reads text.

    `binding` is the manifest, and `sums` are the digests of the version's other files, where they have been checked already.
    Raises BundleError, which names the file and the fault, for anything missing, extra, changed, of another SavedModel, or
    that ONNX Runtime cannot load.
    """
    directory = version / DIRECTORY
    manifest = manifest_of(directory, read_bytes(directory / MANIFEST, MAX_JSON_BYTES) if binding is None else binding)
    if manifest.saved_model != fingerprint(version, sums):
        refuse(directory, "was compiled from another SavedModel; compile it again (`make compile`)")
    check_names(directory, set(plain_files(directory)) - {MANIFEST}, manifest)
    network = _read_checked(directory / NETWORK, manifest, MAX_NETWORK_BYTES)
    tokenizer = _tokenizer(directory, manifest)
    return session(directory / NETWORK, network, threads, TEXT_INPUTS if tokenizer else None), tokenizer


def manifest_of(directory: Path, binding: bytes) -> OnnxManifest:
    """Parse the manifest of a compiled form. Raises BundleError."""
    return parse(TypeAdapter(OnnxManifest), directory / MANIFEST, json_of(directory / MANIFEST, binding))


def check_names(directory: Path, names: set[str], manifest: OnnxManifest) -> None:
    """Raise BundleError unless a compiled form has those files that its manifest names, and no others."""
    for name in sorted(names ^ manifest.files.keys()):
        refuse(directory / name, "is missing" if name in manifest.files else f"is not listed in {MANIFEST}")
    if not {NETWORK} <= names <= {NETWORK, VOCABULARY}:
        refuse(directory, f"holds other files than {NETWORK} and {VOCABULARY}")


def _read_checked(file: Path, manifest: OnnxManifest, limit: int) -> bytes:
    """The bytes of a file, read once, so that the checked bytes are the used ones."""
    content = read_bytes(file, limit)
    if hashlib.sha256(content).hexdigest() != manifest.files[file.name]:
        refuse(file, f"was changed: its SHA-256 is not the one in {MANIFEST}")
    return content


def _tokenizer(directory: Path, manifest: OnnxManifest) -> Tokenizer | None:
    if VOCABULARY not in manifest.files:
        return None
    words = _read_checked(directory / VOCABULARY, manifest, MAX_VOCABULARY_BYTES)
    try:
        return Tokenizer(words.decode().split("\n"))
    except ValueError as error:  # UnicodeDecodeError is one
        raise BundleError(f"{directory / VOCABULARY} is not a vocabulary: {error}") from error


def session(file: Path, network: bytes, threads: int, names: Sequence[str] | None = None) -> Network:
    """Return a network that ONNX Runtime runs on the CPU with `threads` threads.

    Its arrays come in the order of `names`, by default that of its own inputs. It is loaded from bytes, so that no tensor can
    refer to another file. Raises BundleError, which names `file`.
    """
    # from 1.29 on, ONNX Runtime would report to its maker what it runs; it reads this when it is imported
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime as ort
    except ImportError as error:
        raise BundleError(f"{file} needs ONNX Runtime, which is not installed here") from error
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise BundleError(f"{file} cannot be loaded by ONNX Runtime: {error}") from error
    inputs = [field.name for field in session.get_inputs()]
    outputs = [field.name for field in session.get_outputs()]
    if names is not None:
        if sorted(names) != sorted(inputs):
            refuse(file, f"takes {', '.join(inputs)}, not {', '.join(names)}; compile it again (`make compile`)")
        inputs = list(names)

    return _network(session, inputs, outputs)


def _network(session: Any, inputs: list[str], outputs: list[str]) -> Network:
    """A session as a network.

    What `InferenceSession.run` does in Python before it calls the same function (it looks at the names of the inputs, and
    for arrays on other devices) is a tenth of a call of one series. A version without that attribute is called as usual.
    """
    call = getattr(session, "_sess", session).run

    def run(*arrays: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        return dict(zip(outputs, call(outputs, dict(zip(inputs, arrays, strict=True)), None), strict=True))

    return run
