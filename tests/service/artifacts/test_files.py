"""Files of a model version: read within limits, and refused by name."""

import hashlib
import os
import socket
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from service.artifacts import files
from service.artifacts.files import BundleError


def test_plain_files_are_found_by_their_relative_names(tmp_path):
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "data").write_bytes(b"weights")
    (tmp_path / "card").write_text("{}")
    assert files.plain_files(tmp_path) == {
        "card": tmp_path / "card",
        "variables/data": tmp_path / "variables" / "data",
    }


def test_a_link_is_refused_wherever_it_points(tmp_path):
    (tmp_path / "card").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "card")
    with pytest.raises(BundleError, match="link is neither a plain file nor a directory"):
        files.plain_files(tmp_path)


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 2)
    for name in "abc":
        (tmp_path / name).write_text("")
    with pytest.raises(BundleError, match="holds more than 2 files"):
        files.plain_files(tmp_path)


def test_a_checksum_is_the_sha256_of_the_bytes(tmp_path):
    (tmp_path / "data").write_bytes(b"weights")
    assert files.sha256(tmp_path / "data") == hashlib.sha256(b"weights").hexdigest()


def test_json_is_read_as_it_was_written(tmp_path):
    content = {"text": "é\r\n", "number": 0.1}
    files.write_json(tmp_path / "file.json", content)
    assert files.read_json(tmp_path / "file.json") == content


def test_numbers_that_json_has_not_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "file.json", {"number": float("nan")})


@pytest.mark.parametrize(("content", "fault"), [(b"\xff", "cannot be read"), (b"{", "is not JSON")])
def test_a_file_that_is_no_json_is_refused_by_name(tmp_path, content, fault):
    (tmp_path / "file.json").write_bytes(content)
    with pytest.raises(BundleError, match=rf"file\.json {fault}"):
        files.read_json(tmp_path / "file.json")


def test_a_file_that_is_missing_is_refused_by_name(tmp_path):
    with pytest.raises(BundleError, match=r"file\.json cannot be read"):
        files.read_text(tmp_path / "file.json")


def test_a_file_over_the_limit_is_not_read(tmp_path):
    (tmp_path / "file.json").write_bytes(b"12345")
    assert files.read_text(tmp_path / "file.json", limit=5) == "12345"
    with pytest.raises(BundleError, match="is larger than 4 bytes"):
        files.read_text(tmp_path / "file.json", limit=4)


def test_content_of_another_form_is_refused_with_its_place(tmp_path):
    adapter = TypeAdapter(dict[str, int])
    assert files.parse(adapter, tmp_path / "file.json", {"a": 1}) == {"a": 1}
    with pytest.raises(BundleError, match=r"file\.json is not valid at 'a'"):
        files.parse(adapter, tmp_path / "file.json", {"a": "x"})


def special(path: Path, kind: str) -> Path:
    """Something that is no plain file."""
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        listening = socket.socket(socket.AF_UNIX)
        os.chdir(path.parent)  # a socket's path may have 107 characters
        listening.bind(path.name)
        listening.close()
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to({"device": "/dev/zero", "loop": path.name, "dangling": "nowhere"}[kind])
    return path


KINDS = ["fifo", "socket", "directory", "device", "loop", "dangling"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "read", [files.read_text, files.read_json, files.sha256, lambda path: files.read_bytes(path, 9)]
)
def test_what_is_no_plain_file_is_not_read_and_not_waited_for(tmp_path, monkeypatch, kind, read):
    """A FIFO has no writer, a device no end."""
    monkeypatch.chdir(tmp_path)
    path = special(tmp_path / "file.json", kind)
    with pytest.raises(BundleError, match=r"file\.json (is not a plain file|cannot be read: )"):
        read(path)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "directory"])
def test_what_is_no_plain_file_has_no_place_in_a_version(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    special(tmp_path / "deep" / "file", kind)
    with pytest.raises(BundleError, match="deep/file is neither a plain file nor a directory"):
        files.plain_files(tmp_path)


@pytest.mark.parametrize("function", ["scandir", "open"])
def test_a_missing_permission_names_the_path(tmp_path, monkeypatch, function):
    """As for another user than root, whatever call it is that is denied."""
    (tmp_path / "data").write_bytes(b"weights")

    def denied(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, function, denied)
    with pytest.raises(BundleError, match=rf"{tmp_path}\S* cannot be read: Permission denied"):
        (files.plain_files if function == "scandir" else files.sha256)(
            tmp_path if function == "scandir" else tmp_path / "data"
        )


def test_a_directory_that_disappears_while_it_is_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "variables").mkdir()
    scan = os.scandir

    def scandir(path):
        if path.endswith("variables"):
            os.rmdir(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(BundleError, match="variables cannot be read: No such file or directory"):
        files.plain_files(tmp_path)


def test_a_deep_tree_is_refused(tmp_path):
    """Deeper than a path may be long. The fault is told, though the path is not told whole."""
    at = os.open(tmp_path, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d" * 20, dir_fd=at)
        below = os.open("d" * 20, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    with pytest.raises(BundleError, match="cannot be read: File name too long"):
        files.plain_files(tmp_path)


def test_directories_count_as_files(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 2)
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    with pytest.raises(BundleError, match="holds more than 2 files"):
        files.plain_files(tmp_path)


def test_too_many_bytes_are_refused_before_they_are_read(tmp_path):
    """These take no room on the disk."""
    for name in ("a", "b"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(files.MAX_BYTES // 2 + 1)
    with pytest.raises(BundleError, match="holds more than 4294967296 bytes"):
        files.plain_files(tmp_path)
    with pytest.raises(BundleError, match=f"is larger than {files.MAX_JSON_BYTES} bytes"):
        files.read_json(tmp_path / "a")


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    """Its size is looked at before, and what is read is counted."""
    monkeypatch.setattr(files, "MAX_BYTES", 4)
    (tmp_path / "file").write_bytes(b"12345")
    stat = os.fstat

    def before(descriptor):
        return os.stat_result([*stat(descriptor)[:6], 3, *stat(descriptor)[7:]])

    monkeypatch.setattr(os, "fstat", before)
    with pytest.raises(BundleError, match="is larger than 4 bytes"):
        files.read_bytes(tmp_path / "file", 4)
    with pytest.raises(BundleError, match="is larger than 4 bytes"):
        files.sha256(tmp_path / "file")


@pytest.mark.parametrize("name", [b"\xff\xfe", b"a\nERROR b", b"\x1b[31mred", "\u202egnp".encode(), b"x" * 255])
def test_a_fault_is_one_line_that_any_log_and_json_can_hold(tmp_path, name):
    """Whatever the name of the file: it cannot forge another line."""
    os.symlink(b"nowhere", os.path.join(os.fsencode(tmp_path), name))
    with pytest.raises(BundleError) as refusal:
        files.plain_files(tmp_path)
    message = str(refusal.value)
    assert message.isprintable()
    assert message.encode()
    assert len(files.one_line("x" * 1_000_000)) < 1_010


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b"[" * 300 + b"]" * 300,
        b'{"a": NaN}',
        b"Infinity",
        b'"\\ud800"',
        b"\xef\xbb\xbf{}",
        b"",
        b"1" * 5_000,
        b"nul",
    ],
)
def test_what_is_almost_json_is_refused(tmp_path, content):
    (tmp_path / "file.json").write_bytes(content)
    with pytest.raises(BundleError, match=r"file\.json is not JSON"):
        files.read_json(tmp_path / "file.json")
