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
