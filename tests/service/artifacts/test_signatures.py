"""Signed versions are accepted; whatever is done to one of them afterwards is refused, before anything of it is parsed."""

import hashlib
import json
import os
import shutil
from base64 import b64decode
from pathlib import Path

import pytest

from service.artifacts import bundle, files, onnx, saved_model, signatures, signing, verification
from service.artifacts.files import BundleError
from service.artifacts.verification import check_signature, verify
from tests.signed_versions import private_key, save, signed, trusting

ALL_FILES = (
    "SHA256SUMS",
    "SIGNATURES",
    "compiled/binding.json",
    "compiled/network.onnx",
    "compiled/vocabulary.txt",
    "fingerprint.pb",
    "golden.json",
    "manifest.json",
    "saved_model.pb",
    "scaler.json",
    "variables/data",
)


@pytest.fixture
def version(tmp_path):
    """A version that key 1 signed."""
    return signed(tmp_path, 1)


def write_all_sums(version):
    """Make both lists of digests fit the files, as an attacker would."""
    names = sorted(
        n for n in files.plain_files(version) if n not in ("SHA256SUMS", "SIGNATURES") and "compiled/" not in n
    )
    (version / "SHA256SUMS").write_text("".join(f"{files.sha256(version / n)}  {n}\n" for n in names))
    manifest = json.loads((version / "compiled" / "binding.json").read_text())
    manifest["files"] = {name: files.sha256(version / "compiled" / name) for name in manifest["files"]}
    manifest["saved_model"] = onnx.fingerprint(version)
    (version / "compiled" / "binding.json").write_text(json.dumps(manifest))


def flip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_a_signed_version_is_accepted_and_its_signer_named(version):
    assert verify(version, trusting(1, 2)).signed_by.name == "key-1"
    assert check_signature(version, trusting(1)).name == "key-1"


def test_the_files_of_the_table_are_all_that_a_version_has(version):
    assert sorted(files.plain_files(version)) == sorted(ALL_FILES)


@pytest.mark.parametrize("name", ALL_FILES)
def test_a_flipped_bit_in_any_file_is_refused(version, name):
    flip(version / name)
    with pytest.raises(BundleError):
        verify(version, trusting(1))


@pytest.mark.parametrize("name", sorted({*ALL_FILES} - {"SIGNATURES", "SHA256SUMS", "compiled/binding.json"}))
def test_a_flipped_bit_with_sums_that_fit_it_is_refused_by_the_signature(version, name):
    """Without keys the version would be accepted: sums detect damage, not malice."""
    flip(version / name)
    write_all_sums(version)
    verify(version)
    with pytest.raises(BundleError, match="SIGNATURES does not hold for this version"):
        verify(version, trusting(1))


@pytest.mark.parametrize("name", ["extra.py", "assets/words.txt", "compiled/weights.bin"])
def test_a_file_that_no_sum_names_is_refused(version, name):
    (version / name).parent.mkdir(exist_ok=True)
    (version / name).write_text("x")
    with pytest.raises(BundleError, match="is not listed in"):
        verify(version, trusting(1))


def test_a_compiled_form_cannot_be_added_removed_or_left_without_its_manifest(version, tmp_path):
    """Otherwise an attacker would choose the engine, or bring a network of their own."""
    plain = signed(tmp_path, 1, name="lstm", compiled=False)
    verify(plain, trusting(1))
    onnx.write(plain, b"another network")
    with pytest.raises(BundleError, match="does not hold"):
        verify(plain, trusting(1))
    (plain / "compiled" / "binding.json").unlink()
    with pytest.raises(BundleError, match=r"compiled has no binding\.json"):
        verify(plain, trusting(1))
    shutil.rmtree(version / "compiled")
    with pytest.raises(BundleError, match="does not hold"):
        verify(version, trusting(1))


def test_a_compiled_form_that_appears_after_the_check_is_not_loaded(tmp_path, monkeypatch):
    """Its manifest was signed by nobody, whether keys are asked for or not."""
    version = signed(tmp_path, 1, compiled=False)
    read = bundle.read

    def read_and_compile(*arguments):
        onnx.write(version, b"another network")
        return read(*arguments)

    monkeypatch.setattr(bundle, "read", read_and_compile)
    for trusted in (trusting(1), None):
        with pytest.raises(BundleError, match=r"compiled had no binding\.json when the version was checked"):
            bundle.load(version, 1, "onnx", trusted=trusted)
        shutil.rmtree(version / "compiled")


def test_an_empty_directory_of_a_compiled_form_is_refused(tmp_path):
    """It is no compiled form, and has the service look for one."""
    version = signed(tmp_path, 1, compiled=False)
    (version / "compiled").mkdir()
    with pytest.raises(BundleError, match=r"compiled has no binding\.json"):
        verify(version, trusting(1))


@pytest.mark.parametrize("name", ["SHA256SUMS", "compiled/binding.json"])
def test_a_list_of_digests_of_another_version_is_refused(version, tmp_path, name):
    other = signed(tmp_path, 1, version="2")
    (other / name).write_text((other / name).read_text() + "\n")
    shutil.copy(other / name, version / name)
    with pytest.raises(BundleError, match="does not hold"):
        verify(version, trusting(1))


@pytest.mark.parametrize(("name", "number"), [("gru", "2"), ("lstm", "1"), ("universal", "1")])
def test_a_signed_version_copied_to_another_name_or_number_is_refused(version, tmp_path, name, number):
    """An old version cannot come back as the newest one."""
    shutil.copytree(version, tmp_path / name / number)
    with pytest.raises(BundleError, match="does not hold"):
        verify(tmp_path / name / number, trusting(1))


def test_an_unsigned_version_is_refused_with_the_command_that_signs_it(tmp_path):
    with pytest.raises(BundleError, match=r"only signed versions served; `gatecast sign .*gru/1 --key FILE`"):
        verify(save(tmp_path), trusting(1))


def test_a_version_signed_by_somebody_else_is_refused_with_both_keys(tmp_path):
    version = signed(tmp_path, 2)
    theirs = signatures.read(version)[0].key_id
    with pytest.raises(BundleError, match=rf"signatures of {theirs}, none of which is trusted; trusted are 'key-1'"):
        verify(version, trusting(1))


def test_a_foreign_signature_under_the_id_of_a_trusted_key_is_refused(tmp_path):
    """The id only finds the key."""
    version = signed(tmp_path, 2)
    ours, theirs = signatures.read(signed(tmp_path, 1, version="2"))[0].key_id, signatures.read(version)[0]
    (version / "SIGNATURES").write_bytes(signatures.written([theirs._replace(key_id=ours)]))
    with pytest.raises(BundleError, match="does not hold"):
        verify(version, trusting(1))


def test_several_signatures_let_keys_be_changed_without_a_gap(tmp_path):
    """One trusted signature is enough, also beside one that is not valid any more."""
    version = signed(tmp_path, 1, 2)
    for trusted in (trusting(1), trusting(1, 2), trusting(2)):
        verify(version, trusted)
    first, second = signatures.read(version)
    (version / "SIGNATURES").write_bytes(signatures.written([first._replace(content=bytes(64)), second]))
    assert verify(version, trusting(1, 2)).signed_by.name == "key-2"
    with pytest.raises(BundleError, match="does not hold"):
        verify(version, trusting(1))


def test_signing_again_replaces_the_signature_of_the_same_key_only(tmp_path):
    version = signed(tmp_path, 1, 2)
    before = (version / "SIGNATURES").read_bytes()
    signing.sign(version, private_key(1))
    assert sorted((version / "SIGNATURES").read_bytes().split(b"\n")) == sorted(before.split(b"\n"))
    assert list(version.parent.iterdir()) == [version]


GOOD = "0123456789abcdef " + "A" * 86 + "=="


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"gatecast-signatures 2\n" + GOOD.encode() + b"\n",
        b"gatecast-signatures 1",
        b"gatecast-signatures 1\n" + GOOD.encode(),
        b"gatecast-signatures 1\n" + GOOD.encode()[:-2] + b"\n",
        b"gatecast-signatures 1\n" + GOOD.upper().encode() + b"\n",
        b"gatecast-signatures 1\r\n" + GOOD.encode() + b"\r\n",
        b"gatecast-signatures 1\n\n" + GOOD.encode() + b"\n",
        b"gatecast-signatures 1\n" + (GOOD.encode() + b"\n") * 17,
        b"\x00" * 100,
        b"\xff\xfe" * 100,
        b"{" * 4000,
        b"x" * 5000,
        b"gatecast-signatures 1\n" + "０123456789abcdef ".encode() + b"A" * 86 + b"==\n",
    ],
)
def test_a_file_of_signatures_of_another_form_is_refused(version, content):
    """Cut, huge, of another format, not ASCII: each with a reason in one line."""
    (version / "SIGNATURES").write_bytes(content)
    with pytest.raises(BundleError, match=r"SIGNATURES (line . )?(is|has)") as refusal:
        verify(version, trusting(1))
    assert len(refusal.value.faults) == 1


def test_a_link_or_a_fifo_instead_of_the_signatures_is_refused(version):
    (version / "SIGNATURES").unlink()
    os.symlink("/etc/hostname", version / "SIGNATURES")
    with pytest.raises(BundleError, match="SIGNATURES is neither a plain file"):
        verify(version, trusting(1))
    (version / "SIGNATURES").unlink()
    os.mkfifo(version / "SIGNATURES")
    with pytest.raises(BundleError, match="SIGNATURES is n"):
        check_signature(version, trusting(1))


def test_nothing_of_an_unsigned_version_is_parsed(tmp_path, monkeypatch):
    """Nor given to a native library."""
    version = save(tmp_path)

    def fail(*_arguments, **_options):
        raise AssertionError("an unsigned version was parsed")

    for module, name in ((bundle, "read"), (onnx, "load"), (onnx, "manifest_of"), (saved_model, "load")):
        monkeypatch.setattr(module, name, fail)
    monkeypatch.setattr(verification, "_parse", fail)
    for backend in ("onnx", "tensorflow"):
        with pytest.raises(BundleError, match="SIGNATURES is missing"):
            bundle.load(version, 1, backend, trusted=trusting(1))


@pytest.mark.parametrize("name", ["manifest.json", "golden.json", "scaler.json"])
def test_a_file_that_changes_between_check_and_use_is_refused(version, name):
    checked = verify(version, trusting(1))
    flip(version / name)
    with pytest.raises(BundleError, match=f"{name} was changed"):
        bundle.read(version, checked.sums)


@pytest.mark.parametrize("name", ["compiled/network.onnx", "compiled/binding.json"])
def test_a_network_that_changes_between_check_and_use_is_refused_or_not_read(version, name, monkeypatch):
    """The manifest that was checked counts, whatever lies there now."""
    checked = verify(version, trusting(1))
    monkeypatch.setattr(onnx, "session", lambda file, network, threads, names: network)
    (version / name).write_bytes(b"another")
    if name.endswith(".json"):
        network: object = onnx.load(version, 1, checked.binding, checked.sums)[0]
        assert network == b"network"
    else:
        with pytest.raises(BundleError, match=r"network\.onnx was changed"):
            onnx.load(version, 1, checked.binding, checked.sums)


def test_tensorflow_reads_a_private_copy_of_what_was_checked(version, monkeypatch):
    """It opens files by name, so others must not be able to change them after the check."""
    seen: dict[str, object] = {}

    def load(path, threads, example):
        seen.update({name: (path / name).read_bytes() for name in files.plain_files(path)}, path=path)
        seen["mode"] = path.stat().st_mode & 0o777
        files.refuse(path / "saved_model.pb", "uses ReadFile")

    monkeypatch.setattr(saved_model, "load", load)
    with pytest.raises(BundleError, match=rf"^{version}/saved_model\.pb uses ReadFile$"):
        bundle.load(version, trusted=trusting(1))
    copy = seen.pop("path")
    assert isinstance(copy, Path)
    assert not copy.exists()
    assert seen == {"saved_model.pb": b"program", "fingerprint.pb": b"f", "variables/data": b"weights", "mode": 0o700}
    checked = verify(version, trusting(1))
    flip(version / "variables" / "data")
    with (
        pytest.raises(BundleError, match="variables/data was changed"),
        verification.private_copy(version, checked.sums),
    ):
        pass


def test_without_keys_signatures_are_not_looked_at(version):
    (version / "SIGNATURES").write_bytes(b"nonsense")
    assert verify(version).signed_by is None


def test_the_statement_is_as_documented(version):
    """Whoever keeps a key in other hardware signs these bytes."""
    sums, binding = (version / "SHA256SUMS").read_bytes(), (version / "compiled" / "binding.json").read_bytes()
    expected = (
        "gatecast-statement 1\nmodel gru\nversion 1\n"
        f"SHA256SUMS {hashlib.sha256(sums).hexdigest()}\ncompiled/binding.json {hashlib.sha256(binding).hexdigest()}\n"
    ).encode()
    _, line = (version / "SIGNATURES").read_text().splitlines()
    private_key(1).public_key().verify(b64decode(line.split()[1]), expected)
    assert signatures.statement(version, sums, None).endswith(b"\ncompiled/binding.json -\n")


def test_a_name_that_could_hold_a_line_of_its_own_is_no_name(tmp_path):
    for name, number in (("gru\nversion 2", "1"), ("gru", "1\n"), ("Gru", "1"), ("gru", "01"), ("gru", "x")):
        with pytest.raises(BundleError, match="is not called <name>/<version>"):
            signatures.statement(tmp_path / name / number, b"", None)


def test_a_version_that_is_damaged_is_not_signed(tmp_path):
    version = save(tmp_path)
    flip(version / "compiled" / "network.onnx")
    with pytest.raises(BundleError, match=r"network\.onnx was changed"):
        signing.sign(version, private_key(1))
    assert not (version / "SIGNATURES").exists()


@pytest.mark.parametrize("name", ["SHA256SUMS", "compiled/binding.json"])
def test_what_changes_while_it_is_signed_is_not_signed(tmp_path, monkeypatch, name):
    """The bytes that were compared are those that are vouched for."""
    version = save(tmp_path)

    def verify_and_change(path):
        compared = verification.verify_all(path)
        (path / name).write_text("another list")
        return compared

    monkeypatch.setattr(signing, "verify_all", verify_and_change)
    signing.sign(version, private_key(1))
    with pytest.raises(BundleError, match="does not hold"):
        check_signature(version, trusting(1))
