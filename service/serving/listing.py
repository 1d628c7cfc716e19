"""What a look at the models directory sees: a mark of every version and of every policy, without loading anything.

A version that is known to be whole is told by the marks of the files that state what it is made of: a few system calls. Of
any other, the marks of all files are taken. When they are the same at two looks, the files are compared with their
checksums: a copy keeps neither an order nor the times, and may write under other names first.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from ..artifacts import bundle, onnx
from ..artifacts.files import BundleError, parse, plain_files, read_bytes, read_json, refuse, refusing, sha256
from ..artifacts.signatures import SIGNATURES
from .directories import find_versions
from .loading import digest_of
from .policy_files import MAX_POLICY_BYTES, POLICY_FILE
from .versions import VersionName

POLICY = ""  # in place of a version: the policy of the model
_MANIFEST = TypeAdapter(onnx.OnnxManifest)


class Mark(NamedTuple):
    """How a version or a policy looked. `is_whole` is None until its files stood still for two looks.

    `files` says how all its files looked, `digest` what it states to be made of, if it is whole. `brief` says whether a look
    at all its files is due.
    """

    brief: str
    files: str
    is_whole: bool | None
    digest: str = ""

    def is_like(self, other: "Mark | None") -> bool:
        """Whether nothing has changed between two looks, or only where the same content lies."""
        return other is not None and (self.files == other.files or "" != self.digest == other.digest)


class Listing(NamedTuple):
    """The marks of all versions and policies, and the models that could not be looked into."""

    marks: Mapping[VersionName, Mark]
    unreadable: frozenset[str] = frozenset()


NOTHING_SEEN = Listing({})


def list_versions(models_dir: Path, before: Listing, proven: Mapping[VersionName, str]) -> Listing:
    """Look at a models directory. `before` is the last look, `proven` has the digests of what serves.

    Raises BundleError if it cannot be read, or if there is no version in it.
    """
    found = find_versions(models_dir)
    marks: dict[VersionName, Mark] = {}
    for path in found.versions:
        key = VersionName(path.parent.name, path.name)
        marks[key] = _version_mark(path, before.marks.get(key), proven.get(key))
    for name in {path.parent.name for path in found.versions}:
        if (mark := policy_mark(models_dir / name)) is not None:
            marks[VersionName(name, POLICY)] = mark
    return Listing(marks, frozenset(found.unreadable))


def policy_mark(model: Path) -> Mark | None:
    """The mark of a model's policy: its content, or why it cannot be read. None without one."""
    file = model / POLICY_FILE
    try:
        with refusing(file):
            if not os.path.lexists(file):
                return None
            content = read_bytes(file, MAX_POLICY_BYTES)
    except BundleError as error:
        content = str(error).encode()
    return Mark("", hashlib.sha256(content).hexdigest(), True)


def _version_mark(path: Path, before: Mark | None, proven: str | None) -> Mark:
    brief = _brief(path)
    if before is not None and before.is_whole and before.brief == brief:
        return before
    try:
        files, digest = _marks_of_files(path), digest_of(path)
    except BundleError as error:
        return Mark(brief, str(error), False)
    if digest == proven:
        return Mark(brief, files, True, digest)
    if before is None or (before.brief, before.files) != (brief, files):
        return Mark(brief, files, None)
    if before.is_whole is None and is_whole(path):
        return Mark(brief, files, True, digest)
    return Mark(brief, files, False)


def is_whole(path: Path) -> bool:
    """Whether every file of a version has the content that its checksums state. Without a compiled form it is not whole."""
    try:
        bundle.verify(path)
        directory = path / onnx.DIRECTORY
        manifest = parse(_MANIFEST, directory / onnx.MANIFEST, read_json(directory / onnx.MANIFEST))
        files = plain_files(directory)
        for name, digest in manifest.files.items():
            if name not in files or sha256(files[name]) != digest:
                refuse(directory / name, "is missing or was changed")
    except BundleError:
        return False
    return True


def _brief(path: Path) -> str:
    """The marks of the directory, and of the files that state what a version is made of."""
    compiled = path / onnx.DIRECTORY
    return _hashed(
        _mark_of(each) for each in (path, path / bundle.SUMS, path / SIGNATURES, compiled, compiled / onnx.MANIFEST)
    )


def _marks_of_files(path: Path) -> str:
    return _hashed(f"{name} {_mark_of(file)}" for name, file in sorted(plain_files(path).items()))


def _mark_of(path: Path) -> str:
    """Which file it is, its size and its times; in place of them, that it cannot be looked at.

    A copy may keep the time of its last change, but not that of its entry.
    """
    try:
        status = path.stat()
    except OSError as error:
        return str(error.errno)
    return f"{status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _hashed(lines: Iterator[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
