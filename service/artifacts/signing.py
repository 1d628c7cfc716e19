"""Signing model versions, for `gatecast sign`: private keys as PEM files, and `SIGNATURES` written beside SHA256SUMS.

The service never imports this: it has public keys alone.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .files import BundleError, read_bytes, refuse, replace_file
from .signatures import MAX_SIGNATURES, SIGNATURES, Signature, read, statement, written
from .trusted_keys import key_id
from .verification import verify_all

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MAX_KEY_BYTES = 16 << 10
MAX_PASSPHRASE_BYTES = 1023  # OpenSSL takes no more


class SigningError(Exception):
    """What was asked for cannot be signed, in words."""


class PassphraseNeeded(SigningError):
    """The private key is encrypted, and no passphrase was given."""


def new_key(file: Path, passphrase: bytes | None = None) -> bytes:
    """Make a key, write it to a new file that its owner alone may read, and return its public half.

    Raises SigningError if the file exists or cannot be written, or the passphrase is too long.
    """
    _check_length(passphrase)
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        encryption = serialization.BestAvailableEncryption(passphrase)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SigningError(f"{file} exists; a private key is never overwritten: choose another name") from None
    except OSError as error:
        raise SigningError(f"{file} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as out:
        out.write(pem)
    return key.public_key().public_bytes_raw()


def read_key(file: Path, passphrase: bytes | None = None) -> "Ed25519PrivateKey":
    """Read a private Ed25519 key, PEM. Raises SigningError; PassphraseNeeded if it is encrypted."""
    _check_length(passphrase)
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        pem = read_bytes(file, MAX_KEY_BYTES)
    except BundleError as error:
        raise SigningError(str(error)) from None
    if b"PUBLIC KEY" in pem:
        raise SigningError(f"{file} is a public key; signing needs the private one")
    try:
        key = load_pem_private_key(pem, passphrase)
    except TypeError:  # with a passphrase and not encrypted, or the other way round
        if passphrase is None:
            raise PassphraseNeeded(f"{file} is encrypted: its passphrase is needed") from None
        raise SigningError(f"{file} is not encrypted, and a passphrase was given") from None
    except (ValueError, UnsupportedAlgorithm):
        wrong = "; or the passphrase is wrong" if passphrase is not None else ""
        raise SigningError(f"{file} is no private key in PEM, as `gatecast sign --new-key` writes it{wrong}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningError(f"{file} is a key of another kind; versions are signed with Ed25519")
    return key


def _check_length(passphrase: bytes | None) -> None:
    if passphrase is not None and len(passphrase) > MAX_PASSPHRASE_BYTES:
        raise SigningError(
            f"a passphrase has at most {MAX_PASSPHRASE_BYTES} bytes, and this one has {len(passphrase)}; choose a shorter one"
        )


def sign(version: Path, key: "Ed25519PrivateKey") -> str:
    """Sign a whole version, and return the id of the key. Signatures of other keys stay, an older one of this key goes.

    Raises BundleError if the version is not as its checksums say, so that nothing damaged is vouched for.
    """
    version = Path(os.path.abspath(version))  # its last two parts are the name and the number
    sums, binding = verify_all(version)  # read once: what was compared is what is signed
    own = key_id(key.public_key().public_bytes_raw())
    others = [each for each in read(version) if each.key_id != own]
    if len(others) >= MAX_SIGNATURES:
        refuse(
            version / SIGNATURES,
            f"has {MAX_SIGNATURES} signatures, the most there may be; remove the file, and sign anew",
        )
    signature = Signature(own, key.sign(statement(version, sums, binding)))
    _replace(version / SIGNATURES, written([*others, signature]))
    return own


def _replace(file: Path, content: bytes) -> None:
    """Write a file at once. The temporary one lies beside the version, where it is no unknown file of it."""
    try:
        replace_file(file, content, beside=file.parent.parent, prefix=".signing-")
    except OSError as error:
        raise SigningError(f"{file} cannot be written: {error.strerror}") from None
