"""Texts in another encoding, terminals that know few characters, and the version."""

import io
import json
import sys

import pytest
from typer.testing import CliRunner

from service import __version__
from service.cli import main
from service.cli.app import make_app
from tests.processes import ROOT

SENTIMENT = str(ROOT / "models" / "sentiment")
FAULT = "the text is not in UTF-8; --encoding says what it is in, such as cp1252"
LATIN = "café, great\ngood\n".encode("latin-1")


def invoke(*arguments, input=None):  # noqa: A002
    """Run a command in this process."""
    return CliRunner().invoke(make_app(), list(arguments), input=input)


@pytest.mark.parametrize("output_format", ["csv", "jsonl", "parquet"])
def test_a_text_in_another_encoding_is_an_error_of_its_row(output_format):
    """In every format that is written; the other texts are judged."""
    if output_format == "parquet":
        pytest.importorskip("pyarrow")
    result = invoke("sentiment", "--model", SENTIMENT, "--format", output_format, input=LATIN)
    assert result.exit_code == 1
    if output_format == "jsonl":
        bad, good = map(json.loads, result.stdout.splitlines())
        assert (bad["text"], bad["label"], bad["error"]) == ("caf?, great", None, FAULT)
        assert (good["label"], good["error"]) == ("positive", None)


def test_a_text_in_an_encoding_that_is_named_is_judged():
    """The option that the error names."""
    result = invoke("sentiment", "--model", SENTIMENT, "--encoding", "cp1252", "--format", "jsonl", input=LATIN)
    assert result.exit_code == 0
    assert json.loads(result.stdout.splitlines()[0])["text"] == "café, great"


@pytest.mark.parametrize("encoding", ["utf-8", "U8", "utf_8"])
def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path, encoding):
    """Whatever name UTF-8 is given."""
    (tmp_path / "in.csv").write_text("review\ngood\n", "utf-8-sig")
    result = invoke(
        "sentiment", "-i", str(tmp_path / "in.csv"), "--encoding", encoding, "--text", "review", "--model", SENTIMENT
    )
    assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.jsonl", '{"y": 1}\n'.encode("utf-16"), "is in UTF-16; JSON is read in UTF-8: iconv -f utf-16 -t utf-8"),
        ("in.json", '{"readings": [1]}'.encode("utf-16"), "is in UTF-16; JSON is read in UTF-8: iconv"),
        ("in.jsonl", '{"y": 1}\n'.encode("utf-16-le"), "row 1: the line is no JSON"),
        ("in.jsonl", b"{}\n{}\n", "its rows have no columns"),
        ("in.jsonl", b'{"y": "x"}\n', "name one of y with --value"),
    ],
)
def test_json_in_which_no_reading_is_found_is_told(tmp_path, name, content, message):
    """Also where it is in UTF-16. No message names an empty list."""
    (tmp_path / name).write_bytes(content)
    result = invoke("forecast", str(tmp_path / name))
    assert (result.exit_code, message in " ".join(result.stderr.split())) == (2, True), result.stderr


def test_texts_without_columns_are_told(tmp_path):
    """As empty objects have none."""
    (tmp_path / "in.jsonl").write_text("{}\n")
    result = invoke("sentiment", "-i", str(tmp_path / "in.jsonl"), "--model", SENTIMENT)
    assert (result.exit_code, "its rows have no columns" in result.stderr) == (2, True), result.stderr


def test_help_is_shown_where_the_terminal_knows_ascii_alone(monkeypatch):
    """Question marks stand for what it has not."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    status = main(["--help"])
    sys.stdout.flush()
    assert (status, b"All settings are GATECAST_? variables" in raw.getvalue()) == (0, True)


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_shown(option):
    """As of the package."""
    result = invoke(option)
    assert (result.exit_code, result.stdout) == (0, f"gatecast {__version__}\n")


def test_a_column_is_refused_where_texts_are_given():
    """It is one of a file."""
    result = invoke("sentiment", "Great.", "--text", "body", "--model", SENTIMENT)
    assert (result.exit_code, "--text is a column of the file" in result.stderr) == (2, True)
