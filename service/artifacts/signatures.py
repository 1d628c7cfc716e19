"""Who vouches for a model version: `SIGNATURES` in its directory, checked with the keys that an operator trusts.

What is signed is a text of five lines that is made here from the directory's name and two digests; it is never read from a
file. `SHA256SUMS` lists every other file of the version, `compiled/binding.json` those of its compiled form, so that a
signature covers all that is loaded. The file has a first line with its format, and a line for each signature: the id of the
key, and 64 bytes in base64. One valid signature by a trusted key is enough, so that keys can be changed without a gap.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .card_base import NAME, VERSION
from .files import exists, read_bytes, refuse
from .trusted_keys import TrustedKey, TrustedKeys

SIGNATURES = "SIGNATURES"
HEADER = "gatecast-signatures 1"
ABSENT = "-"  # instead of a digest
LINE = re.compile(r"([0-9a-f]{16}) ([A-Za-z0-9+/]{86}==)", re.ASCII)
MAX_SIGNATURES = 16
MAX_FILE_BYTES = 4096
FORM = f"is not a file of signatures: '{HEADER}', and a line for each, '<key id> <base64>', at most {MAX_SIGNATURES}"


class Signature(NamedTuple):
    """A signature, and the id of the key that is said to have made it."""

    key_id: str
    content: bytes


def statement(version: Path, sums: bytes, binding: bytes | None) -> bytes:
    """Return what is signed of a version directory, given its SHA256SUMS and the manifest of its compiled form.

    Raises BundleError for names that no version has, which could hold a line of their own.
    """
    name, number = version.parent.name, version.name
    if not re.fullmatch(NAME, name) or not re.fullmatch(VERSION, number):
        refuse(version, "is not called <name>/<version>, as a version that can be signed is")
    digest = ABSENT if binding is None else hashlib.sha256(binding).hexdigest()
    return (
        "gatecast-statement 1\n"
        f"model {name}\n"
        f"version {number}\n"
        f"SHA256SUMS {hashlib.sha256(sums).hexdigest()}\n"
        f"compiled/binding.json {digest}\n"
    ).encode("ascii")


def read(version: Path) -> list[Signature]:
    """Return the signatures in a version's directory, none if it has no such file. Raises BundleError."""
    file = version / SIGNATURES
    if not exists(file):
        return []
    content = read_bytes(file, MAX_FILE_BYTES)
    lines = content.decode("ascii", "replace").split("\n")
    matches = [LINE.fullmatch(line) for line in lines[1:-1]]
    if lines[0] != HEADER or lines[-1] or len(matches) > MAX_SIGNATURES:
        refuse(file, FORM)
    return [
        Signature(match[1], b64decode(match[2])) if match else refuse(file, f"line {number} {FORM}")
        for number, match in enumerate(matches, 2)
    ]


def written(signatures: Iterable[Signature]) -> bytes:
    """Return the content of the file."""
    lines = [f"{each.key_id} {b64encode(each.content).decode()}" for each in signatures]
    return "".join(f"{line}\n" for line in [HEADER, *lines]).encode("ascii")


def check(version: Path, sums: bytes, binding: bytes | None, trusted: TrustedKeys) -> TrustedKey:
    """Return the trusted key that signed a version. Raises BundleError, with what helps, if none did."""
    file, signatures = version / SIGNATURES, read(version)
    if not signatures:
        refuse(
            file,
            "is missing or empty, and GATECAST_TRUSTED_KEYS_FILE has only signed versions served; "
            f"`gatecast sign {version} --key FILE` signs it",
        )
    known = [(key, each.content) for each in signatures if (key := trusted.find(each.key_id))]
    if not known:
        others = ", ".join(each.key_id for each in signatures)
        refuse(file, f"has signatures of {others}, none of which is trusted; trusted are {trusted}")
    signed = statement(version, sums, binding)
    signer = next((key for key, signature in known if is_valid(key, signature, signed)), None)
    if signer is None:
        refuse(
            file,
            f"does not hold for this version, although it names {', '.join(str(key) for key, _ in known)}: its name, its "
            "number, SHA256SUMS or compiled/binding.json is not what was signed",
        )
    return signer


def is_valid(key: TrustedKey, signature: bytes, signed: bytes) -> bool:
    """Whether the owner of a key signed these bytes."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, signed)
    except (InvalidSignature, ValueError):  # ValueError: 32 bytes that are no point
        return False
    return True
