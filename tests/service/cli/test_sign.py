"""`gatecast sign`: keys are made, never overwritten; versions are signed, and what cannot be signed is told."""

import stat

import pytest
from typer.testing import CliRunner

from service.artifacts.trusted_keys import TrustedKeys
from service.artifacts.verification import verify
from service.cli.app import make_app
from tests.signed_versions import save


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sign(*arguments, **options):
    return CliRunner().invoke(make_app(), ["sign", *map(str, arguments)], **options)


def test_a_new_key_signs_versions_that_its_public_line_lets_serve(home):
    """Standard output has the line alone; the private key is for its owner only."""
    made = sign("--new-key", "ops")
    assert (made.exit_code, len(made.stdout.splitlines())) == (0, 1)
    assert stat.S_IMODE((home / "ops.pem").stat().st_mode) == 0o600
    (home / "trusted").write_text(made.stdout)
    versions = [save(home / "models", version=number) for number in "12"]
    done = sign(*versions, "--key", "ops.pem")
    assert (done.exit_code, done.stdout) == (0, "")
    for version in versions:
        assert verify(version, TrustedKeys.read(home / "trusted")).signed_by.name == "ops"


def test_a_relative_directory_is_signed_under_its_own_name(home, monkeypatch):
    trusted = home / "trusted"
    trusted.write_text(sign("--new-key", "ops").stdout)
    version = save(home / "models")
    monkeypatch.chdir(version)
    assert sign(".", "--key", home / "ops.pem").exit_code == 0
    verify(version, TrustedKeys.read(trusted))


def test_a_private_key_is_never_overwritten(home):
    sign("--new-key", "ops")
    before = (home / "ops.pem").read_bytes()
    again = sign("--new-key", "ops")
    assert (again.exit_code, "never overwritten" in again.stderr) == (2, True)
    assert (home / "ops.pem").read_bytes() == before


def test_a_key_with_a_passphrase_signs_with_it_only(home):
    (home / "word").write_text("correct horse\n")
    (home / "wrong").write_text("battery\n")
    (home / "empty").write_text("\n")
    version = save(home)
    assert sign("--new-key", "ops", "--passphrase-file", "word").exit_code == 0
    assert b"ENCRYPTED" in (home / "ops.pem").read_bytes()
    for options, words in (
        ([], "is encrypted"),
        (["--passphrase-file", "wrong"], "passphrase is wrong"),
        (["--passphrase-file", "empty"], "holds no passphrase"),
    ):
        refused = sign(version, "--key", "ops.pem", *options)
        assert (refused.exit_code, words in refused.stderr) == (2, True), refused.stderr
    assert sign(version, "--key", "ops.pem", "--passphrase-file", "word").exit_code == 0


def test_a_passphrase_that_is_too_long_is_refused_in_words(home):
    """From a file or typed, for a new key or to read one."""
    words = "a passphrase has at most 1023 bytes, and this one has 1024"
    (home / "most").write_text("a" * 1023 + "\r\n")
    (home / "long").write_text("a" * 1024 + "\n")
    assert sign("--new-key", "ops", "--passphrase-file", "most").exit_code == 0
    for arguments in (["--new-key", "other"], [save(home), "--key", "ops.pem"]):
        result = sign(*arguments, "--passphrase-file", "long")
        assert (result.exit_code, words in result.stderr) == (2, True)
    result = sign("--new-key", "other", "--passphrase", input=2 * ("a" * 1024 + "\n"))
    assert (result.exit_code, words in result.stderr) == (2, True)
    assert not (home / "other.pem").exists()


def test_a_passphrase_is_asked_for_twice(home):
    assert sign("--new-key", "ops", "--passphrase", input="a horse\na horse\n").exit_code == 0
    assert b"ENCRYPTED" in (home / "ops.pem").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 2, "one of the two"),
        (["models/gru/1", "--new-key", "ops"], 2, "one of the two"),
        (["models/gru/1"], 2, "name the private key"),
        (["--new-key", "two words"], 2, "1 to 64 letters"),
        (["--new-key", "ops", "--key", "nowhere/ops.pem"], 2, "cannot be written"),
        (["models/gru/1", "--key", "none.pem"], 2, "No such file"),
        (["models/gru/1", "--key", "public.pem"], 2, "is a public key"),
        (["models/gru/1", "--key", "noise.pem"], 2, "no private key"),
        (["models/gru/9", "--key", "ops.pem"], 3, "cannot be read"),
        (["models", "--key", "ops.pem"], 3, "SHA256SUMS is missing"),
    ],
)
def test_what_cannot_be_done_is_told(home, arguments, status, words):
    sign("--new-key", "other", "--key", "ops.pem")
    (home / "public.pem").write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    (home / "noise.pem").write_text("noise")
    save(home / "models")
    if "--new-key" in arguments and "--key" not in arguments:
        arguments = [*arguments, "--key", "new.pem"]
    result = sign(*arguments)
    assert result.exit_code == status, result.output
    assert words in " ".join(result.stderr.replace("│", "").split())


def test_a_key_that_others_can_read_is_used_with_a_warning(home):
    sign("--new-key", "ops")
    (home / "ops.pem").chmod(0o644)
    result = sign(save(home), "--key", "ops.pem")
    assert (result.exit_code, "can be read by others" in result.stderr) == (0, True)
