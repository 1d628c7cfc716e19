"""The file of trusted keys: what it may hold, and what is said of any other."""

from base64 import b64encode

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from service.artifacts.trusted_keys import WEAK, TrustedKeys, TrustedKeysError, key_id, line
from tests.signed_versions import private_key

PUBLIC = [private_key(number).public_key() for number in (1, 2, 3)]
RAW = [key.public_bytes_raw() for key in PUBLIC]
PEM = [key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in PUBLIC]
EC = ec.derive_private_key(7, ec.SECP256R1())
EC_PEM = EC.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
PRIVATE_PEM = private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def read(tmp_path):
    """Reads a file of this content."""

    def from_content(content):
        file = tmp_path / "trusted"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return TrustedKeys.read(file)

    return from_content


def test_lines_pem_blocks_comments_and_empty_lines_are_read(read):
    """Also with a byte order mark and Windows' line ends."""
    text = f"\ufeff# releases\n\n{line('release-2026', RAW[0])}\n{PEM[1]}  {line('ops@example.com', RAW[2])}  "
    keys = read(text.replace("\n", "\r\n"))
    assert [keys.find(key_id(raw)).name for raw in RAW] == ["release-2026", key_id(RAW[1]), "ops@example.com"]
    assert keys.find("0" * 16) is None
    assert str(keys) == f"'release-2026' ({key_id(RAW[0])}), {key_id(RAW[1])}, 'ops@example.com' ({key_id(RAW[2])})"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "has no key, so that no version could be served"),
        ("# none yet\n", "has no key"),
        ("\x00\x01", "line 1: a line is a name"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"# " + b"x" * 70_000, "is larger than 65536 bytes"),
        (b64encode(RAW[0]).decode(), "line 1: a line is a name"),
        (f"a {b64encode(RAW[0]).decode()[:-2]}", "line 1: a line is a name"),
        (f"a {b64encode(RAW[0][:-1]).decode()}", "line 1: a line is a name"),
        (f"a {RAW[0].hex()}", "line 1: a line is a name"),
        (f"a b {b64encode(RAW[0]).decode()}", "line 1: a line is a name"),
        (f"{'a' * 65} {b64encode(RAW[0]).decode()}", "line 1: a line is a name"),
        (f"# x\n{PRIVATE_PEM}", "line 2: is a private key"),
        (EC_PEM, "line 1: the PEM block is a key of another kind"),
        (PEM[0].replace("MCow", "ACow"), "line 1: the PEM block is no public key"),
        ("\n".join(PEM[0].splitlines()[:2]), "line 1: the PEM block has no end"),
        (f"{line('a', RAW[0])}\n{line('a', RAW[1])}", "has the name a twice"),
        (f"{line('a', RAW[0])}\n{PEM[0]}", f"has the id {key_id(RAW[0])} twice"),
        (line("a", bytes(32)), "line 1: is no key"),
        (line("a", bytes(31) + b"\x80"), "line 1: is no key"),
    ],
)
def test_any_other_file_is_refused_in_words(read, content, reason):
    with pytest.raises(TrustedKeysError, match=reason) as refusal:
        read(content)
    assert "\n" not in str(refusal.value)


def test_too_many_keys_are_refused(read):
    keys = [line(f"k{n}", private_key(n).public_key().public_bytes_raw()) for n in range(101)]
    with pytest.raises(TrustedKeysError, match="more than 100"):
        read("\n".join(keys))


def test_keys_that_are_called_weak_let_anybody_sign():
    """A signature made without any private key holds for some text: that is why they are refused."""
    for key in WEAK:
        assert any(_holds(key, point + bytes(32), bytes([n])) for point in WEAK for n in range(32))


def _holds(key, signature, text):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except InvalidSignature:
        return False
    return True
