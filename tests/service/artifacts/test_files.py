"""Files of a model version: read within limits, and refused by name."""

import hashlib

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
