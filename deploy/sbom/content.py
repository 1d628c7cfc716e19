"""What counts of an image's files, read once from a tar stream, as `docker export` writes it.

Names and contents are data of the image: nothing of it is run, and no path of it is written but below the directory given.
"""

import hashlib
import re
import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

METADATA = re.compile(
    r"venv/lib/python3\.\d+/site-packages/([^/]+\.dist-info)/(METADATA|RECORD|WHEEL|INSTALLER|licenses/.+|LICENSE[^/]*)"
)
MODEL = re.compile(r"app/models/([^/]+)/([^/]+)/(.+)")
KEPT_OF_MODELS = frozenset(["manifest.json", "SHA256SUMS", "SIGNATURES"])
DPKG = "var/lib/dpkg/status"
PATCH_LEVEL = re.compile(r"usr/local/include/python3\.\d+/patchlevel\.h")
MAX_KEPT_BYTES = 32 << 20  # of one file whose content is kept


@dataclass
class Content:
    """The packages of Python are files below `packages`; `records` has the SHA-256 of each one's RECORD."""

    packages: Path
    records: dict[str, str] = field(default_factory=dict)
    models: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    model_files: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    dpkg: str = ""
    python: str = ""


def read(stream: IO[bytes], packages: Path) -> Content:
    """Read an image's files."""
    content = Content(packages)
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            name = str(PurePosixPath(member.name))
            file = archive.extractfile(member) if member.isfile() else None
            if file is None:
                continue
            if match := METADATA.fullmatch(name):
                _package(content, match[1], match[2], _kept(member, file))
            elif match := MODEL.fullmatch(name):
                _model(content, (match[1], match[2]), match[3], file, member)
            elif name == DPKG:
                content.dpkg = _kept(member, file).decode("utf-8", "replace")
            elif PATCH_LEVEL.fullmatch(name):
                content.python = _python(_kept(member, file).decode())
    return content


def _package(content: Content, package: str, name: str, data: bytes) -> None:
    if ".." in PurePosixPath(name).parts:
        return
    target = content.packages / package / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    if name == "RECORD":
        content.records[package.removesuffix(".dist-info").partition("-")[0]] = hashlib.sha256(data).hexdigest()


def _model(content: Content, version: tuple[str, str], name: str, file: IO[bytes], member: tarfile.TarInfo) -> None:
    if name in KEPT_OF_MODELS:
        data = _kept(member, file)
        content.models.setdefault(version, {})[name] = data
        digest = hashlib.sha256(data).hexdigest()
    else:
        digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    content.model_files.setdefault(version, {})[name] = digest


def _kept(member: tarfile.TarInfo, file: IO[bytes]) -> bytes:
    if member.size > MAX_KEPT_BYTES:
        raise ValueError(f"{member.name} has {member.size} bytes, more than a description of anything")
    return file.read()


def _python(header: str) -> str:
    found = re.search(r'#define PY_VERSION\s+"([^"]+)"', header)
    return found[1] if found else ""
