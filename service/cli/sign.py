"""`gatecast sign`: vouches for model versions with a private key, or makes one."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .exits import MODEL, USAGE, fail, warn

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MAX_PASSPHRASE_FILE_BYTES = 4096
Versions = Annotated[list[Path] | None, typer.Argument(help="Directories models/<name>/<version>")]
KeyFile = Annotated[Path | None, typer.Option("--key", help="The private key (of a new one: NAME.pem)")]
NewKey = Annotated[str | None, typer.Option(metavar="NAME", help="Make a key; its public line is printed")]
Passphrase = Annotated[bool, typer.Option("--passphrase", help="Encrypt the new key; it is asked for")]
PassphraseFile = Annotated[Path | None, typer.Option(help="File that holds the key's passphrase")]


def add_to(app: typer.Typer) -> None:
    app.command()(sign)


def sign(
    versions: Versions = None,
    key: KeyFile = None,
    new_key: NewKey = None,
    passphrase: Passphrase = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sign model versions, so that a service with GATECAST_TRUSTED_KEYS_FILE serves them; or make a key for it."""
    from ..artifacts.files import BundleError
    from ..artifacts.signing import SigningError

    if bool(versions) == (new_key is not None):
        raise typer.BadParameter("give directories of versions to sign, with --key; or --new-key NAME: one of the two")
    try:
        secret = _secret(passphrase_file)
        if new_key is not None:
            _make(new_key, key, secret or (_asked(confirmed=True) if passphrase else None))
        else:
            _sign(versions or [], key, secret)
    except SigningError as error:
        raise fail(str(error), USAGE) from None
    except BundleError as error:
        raise fail(str(error), MODEL) from None


def _make(name: str, file: Path | None, secret: bytes | None) -> None:
    from ..artifacts.signing import new_key
    from ..artifacts.trusted_keys import NAME, line

    if not NAME.fullmatch(name):
        raise typer.BadParameter("a name has 1 to 64 letters, digits and . _ @ -", param_hint="--new-key")
    file = file or Path(f"{name}.pem")
    public = new_key(file, secret)
    print(line(name, public))
    print(
        f"{file} is the private key{'' if secret else ', not encrypted'}: keep it from the service, and from its image. "
        "The line above belongs into the file that GATECAST_TRUSTED_KEYS_FILE names.",
        file=sys.stderr,
    )


def _sign(versions: list[Path], file: Path | None, secret: bytes | None) -> None:
    from ..artifacts.signing import sign

    if file is None:
        raise typer.BadParameter("name the private key", param_hint="--key")
    private = _read(file, secret)
    for version in versions:
        by = sign(version, private)
        print(f"{version}: signed by {by}", file=sys.stderr)


def _read(file: Path, secret: bytes | None) -> "Ed25519PrivateKey":
    """The private key; its passphrase is asked for if it is needed and somebody is there."""
    from ..artifacts.signing import PassphraseNeeded, read_key

    try:
        key = read_key(file, secret)
    except PassphraseNeeded:
        if not sys.stdin.isatty():
            raise
        key = read_key(file, _asked(confirmed=False))
    if os.name == "posix" and file.stat().st_mode & 0o077:  # only now is it known to be a private key
        warn(f"{file} can be read by others; `chmod 600 {file}`")
    return key


def _secret(file: Path | None) -> bytes | None:
    """The passphrase in a file; a line end after it is no part of it."""
    from ..artifacts.files import read_bytes
    from ..artifacts.signing import SigningError

    if file is None:
        return None
    secret = read_bytes(file, MAX_PASSPHRASE_FILE_BYTES).removesuffix(b"\n").removesuffix(b"\r")
    if not secret:
        raise SigningError(f"{file} holds no passphrase")
    return secret


def _asked(*, confirmed: bool) -> bytes:
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirmed, err=True)).encode()
