"""The public keys whose owners may vouch for model versions, as GATECAST_TRUSTED_KEYS_FILE has them. A leaf.

The file has a line for each Ed25519 key, its name and its 32 bytes in base64, as `gatecast sign --new-key` prints it:

    release-2026 EVQ3y2Oi4kDVXlvEr3Gb9vT5k3lJ8g0cWm7uQ2s6BXo=

or PEM blocks (`openssl pkey -pubout`), whose names are their key ids. Lines that begin with # are comments.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .files import BundleError, read_text

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
PEM_BEGIN, PEM_END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
PUBLIC_BYTES = 32
MAX_FILE_BYTES = 64 << 10
MAX_KEYS = 100
FORM = "a line is a name and a public Ed25519 key in base64 (44 characters), as `gatecast sign --new-key` prints it"
# The points of small order (y, its sign bit cleared), and y = p and p + 1, other forms of them. Under such a key, anybody can
# make a signature of anything. A key of zeros, as a placeholder may be, is one.
WEAK = frozenset(
    bytes.fromhex(y)
    for y in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)


class TrustedKeysError(BundleError):
    """The file of trusted keys cannot be used: the service must not start, as it could not tell whom to believe."""


@dataclass(frozen=True)
class TrustedKey:
    """A public key and the name that its owner goes by."""

    name: str
    raw: bytes

    @property
    def id(self) -> str:
        return key_id(self.raw)

    def __str__(self) -> str:
        return f"'{self.name}' ({self.id})" if self.name != self.id else self.id


class TrustedKeys:
    """The keys at one moment, by their ids. It never changes, and has one at least."""

    def __init__(self, keys: Iterable[TrustedKey]) -> None:
        self._by_id = {key.id: key for key in keys}

    @classmethod
    def read(cls, path: Path) -> "TrustedKeys":
        """Read a file of keys. Raises TrustedKeysError, which names the line and the fault."""
        try:
            keys = list(_entries(path, read_text(path, MAX_FILE_BYTES)))
        except TrustedKeysError:
            raise
        except BundleError as error:
            raise TrustedKeysError(*error.faults) from None
        if not keys:
            raise TrustedKeysError(f"{path} has no key, so that no version could be served; {FORM}")
        if len(keys) > MAX_KEYS:
            raise TrustedKeysError(f"{path} has more than {MAX_KEYS} keys")
        for field in ("name", "id"):
            values = [getattr(key, field) for key in keys]
            if twice := next((value for value in values if values.count(value) > 1), None):
                raise TrustedKeysError(
                    f"{path} has the {field} {twice} twice; each key has one line and a name of its own"
                )
        return cls(keys)

    def find(self, key: str) -> TrustedKey | None:
        """Return the key of this id."""
        return self._by_id.get(key)

    def __str__(self) -> str:
        return ", ".join(map(str, self._by_id.values()))


def key_id(raw: bytes) -> str:
    """Return what a public key is called: 16 hexadecimal digits of its SHA-256. It finds a key, and proves nothing."""
    return hashlib.sha256(raw).hexdigest()[:16]


def line(name: str, raw: bytes) -> str:
    """Return the line of a key, without its end."""
    return f"{name} {b64encode(raw).decode()}"


def _entries(path: Path, text: str) -> Iterator[TrustedKey]:
    """The keys of the lines and PEM blocks of a file."""
    lines = enumerate(text.removeprefix("\ufeff").splitlines(), 1)
    for number, content in lines:
        content = content.strip()
        where = f"{path} line {number}"
        if "PRIVATE KEY" in content:
            raise TrustedKeysError(f"{where}: is a private key, which belongs to whoever signs alone; {FORM}")
        if content == PEM_BEGIN:
            block = [content]
            while block[-1] != PEM_END:
                _, following = next(lines, (0, ""))
                if not following.strip():
                    raise TrustedKeysError(f"{where}: the PEM block has no end")
                block.append(following.strip())
            raw = _checked(_pem(block, where), where)
            yield TrustedKey(key_id(raw), raw)
        elif content and not content.startswith("#"):
            yield _entry(content, where)


def _entry(content: str, where: str) -> TrustedKey:
    name, _, encoded = content.partition(" ")
    encoded = encoded.strip()
    try:
        raw = b64decode(encoded, validate=True)
    except ValueError:
        raw = b""
    if not NAME.fullmatch(name) or len(raw) != PUBLIC_BYTES or b64encode(raw).decode() != encoded:
        raise TrustedKeysError(f"{where}: {FORM}; a name has 1 to 64 letters, digits and . _ @ -")
    return TrustedKey(name, _checked(raw, where))


def _pem(block: list[str], where: str) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key("\n".join(block).encode() + b"\n")
    except (ValueError, UnsupportedAlgorithm):
        raise TrustedKeysError(f"{where}: the PEM block is no public key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise TrustedKeysError(f"{where}: the PEM block is a key of another kind; versions are signed with Ed25519")
    return key.public_bytes_raw()


def _checked(raw: bytes, where: str) -> bytes:
    if raw[:-1] + bytes([raw[-1] & 0x7F]) in WEAK:
        raise TrustedKeysError(f"{where}: is no key (a point of small order): anybody could sign for it")
    return raw
