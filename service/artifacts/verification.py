"""Whether a version directory is what its checksums, and a trusted signature, say.

The signature is checked first: until then nothing of the version but `SIGNATURES` is parsed here, and the checksums are hashed.
What is read later is compared with the checksums that were checked here, so that a file changed meanwhile is refused.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from . import onnx
from .files import (
    CHUNK_BYTES,
    MAX_JSON_BYTES,
    BundleError,
    decoded,
    exists,
    opened,
    plain_files,
    read_bytes,
    refuse,
    sha256,
)
from .signatures import SIGNATURES, check
from .trusted_keys import TrustedKey, TrustedKeys

SUMS = "SHA256SUMS"
NEEDED = ("saved_model.pb", "manifest.json", "golden.json")


class Checked(NamedTuple):
    """The SHA-256 of each listed file, the manifest of the compiled form as it was signed, and who signed it."""

    sums: Mapping[str, str]
    binding: bytes | None
    signed_by: TrustedKey | None


def verify(path: Path, trusted: TrustedKeys | None = None) -> Checked:
    """Compare a version directory with its SHA256SUMS: the same files, the same bytes. Raises BundleError.

    With `trusted` keys, one of them must have signed the version, and the compiled form is compared too, whether it will be
    used or not.
    """
    found = _files_of(path)
    content, binding = listings(path)
    signed_by = None if trusted is None else check(path, content, binding, trusted)
    sums = _parse(path / SUMS, content)
    _compare(path, found, sums)
    if trusted is not None:
        _compare_compiled(path, found, binding)
    return Checked(sums, binding, signed_by)


def verify_all(path: Path) -> tuple[bytes, bytes | None]:
    """Compare a version and its compiled form with their checksums, whoever signed them. Raises BundleError.

    Returns what they were compared with: the bytes that `listings` read.
    """
    found = _files_of(path)
    content, binding = listings(path)
    _compare(path, found, _parse(path / SUMS, content))
    _compare_compiled(path, found, binding)
    return content, binding


def check_signature(path: Path, trusted: TrustedKeys) -> TrustedKey:
    """Return the trusted key that signed a version, without reading what its checksums list. Raises BundleError."""
    return check(path, *listings(path), trusted)


def listings(path: Path) -> tuple[bytes, bytes | None]:
    """Return the bytes of SHA256SUMS, and of the manifest of the compiled form if there is one."""
    binding = path / onnx.DIRECTORY / onnx.MANIFEST
    return read_bytes(path / SUMS, MAX_JSON_BYTES), read_bytes(binding, MAX_JSON_BYTES) if exists(binding) else None


def _files_of(path: Path) -> dict[str, Path]:
    found = plain_files(path)
    if SUMS not in found:
        refuse(path / SUMS, "is missing: the version is half written or not one of ours")
    return found


def _parse(file: Path, content: bytes) -> dict[str, str]:
    digests: dict[str, str] = {}
    for number, line in enumerate(decoded(file, content).splitlines(), 1):
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or not name:
            refuse(file, f"line {number} is not '<sha256>  <file>'")
        digests[name] = digest
    return digests


def _compare(path: Path, found: Mapping[str, Path], sums: Mapping[str, str]) -> None:
    compiled = f"{onnx.DIRECTORY}/"
    files = {n: f for n, f in found.items() if n not in (SUMS, SIGNATURES) and not n.startswith(compiled)}
    for name in sorted(sums.keys() - files.keys()):
        refuse(path / name, "is missing")
    for name in sorted(files.keys() - sums.keys()):
        refuse(path / name, f"is not listed in {SUMS}")
    for name, digest in sums.items():
        if sha256(files[name]) != digest:
            refuse(path / name, f"was changed: its SHA-256 is not the one in {SUMS}")
    for name in NEEDED:
        if name not in files:
            refuse(path / name, "is missing")


def _compare_compiled(path: Path, found: Mapping[str, Path], binding: bytes | None) -> None:
    """Refuse a compiled form that is not as its manifest says. A version without one has no file of it."""
    directory = path / onnx.DIRECTORY
    names = {name.partition("/")[2] for name in found if name.startswith(f"{onnx.DIRECTORY}/")}
    if binding is None:
        if names or exists(directory):
            refuse(directory, f"has no {onnx.MANIFEST}, so that no signature covers its files")
        return
    manifest = onnx.manifest_of(directory, binding)
    onnx.check_names(directory, names - {onnx.MANIFEST}, manifest)
    for name, digest in manifest.files.items():
        if sha256(directory / name) != digest:
            refuse(directory / name, f"was changed: its SHA-256 is not the one in {onnx.MANIFEST}")


@contextmanager
def private_copy(path: Path, sums: Mapping[str, str]) -> Iterator[Path]:
    """Copy the SavedModel of a version where only this user may write, and check the bytes that are copied.

    TensorFlow opens files by their names, so that a check of the originals would say nothing of what it reads. A fault
    names the original.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="gatecast-") as directory:
            copy = Path(directory)
            for name, digest in sums.items():
                if name in ("saved_model.pb", "fingerprint.pb") or name.startswith(("variables/", "assets/")):
                    _copy(path / name, copy / name, digest)
            try:
                yield copy
            except BundleError as error:
                raise BundleError(*[fault.replace(str(copy), str(path)) for fault in error.faults]) from error
    except OSError as error:
        raise BundleError(
            f"{path} cannot be copied into the temporary directory (TMPDIR), from which TensorFlow reads versions whose "
            f"signatures are checked: {error.strerror or error}"
        ) from error


def _copy(source: Path, target: Path, expected: str) -> None:
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened(source) as original, open(target, "xb") as copy:
        left = os.fstat(original.fileno()).st_size + 1  # one that grows while it is read is another
        while chunk := original.read(min(CHUNK_BYTES, left)):
            digest.update(chunk)
            copy.write(chunk)
            left -= len(chunk)
    if digest.hexdigest() != expected:
        refuse(source, f"was changed: its SHA-256 is not the one in {SUMS}")
