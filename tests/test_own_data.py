"""docs/own-data.md, followed as a reader would: the files are read as it says, and what is trained from them is served."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.processes import ROOT, run_service, serving

pytestmark = pytest.mark.slow
PAGE = (ROOT / "docs" / "own-data.md").read_text("utf-8")
COMMENT = "The brakes squealed and nobody answered the phone."
FILM = "A tedious screenplay, but the leading actress carries this melancholy film noir to its bitter ending."


def consoles() -> list[tuple[str, str]]:
    """Each command of the page, and what it says that the command prints."""
    blocks = re.findall(r"^```console\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), flags=re.MULTILINE)
    return [(re.sub(r"\\\n *", "", command), printed) for command, printed in found]


def arguments(verb: str, *words: str) -> list[str]:
    """The arguments of the page's `make` command with these words."""
    (command,) = [text for text, _ in consoles() if text.startswith(f"make {verb} ") and all(w in text for w in words)]
    return shlex.split(shlex.split(command)[2].removeprefix("ARGS="))


def run(task: str, options: list[str]) -> int:
    if task == "forecast":
        from training.forecast.__main__ import main
    else:
        from training.sentiment.__main__ import main
    return main(options)


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """The page's two models, trained by its commands with less effort, beside the shipped ones that answer without a name."""
    home = tmp_path_factory.mktemp("home")
    models: Path = home / "models"
    for name in ("universal", "sentiment"):
        shutil.copytree(ROOT / "models" / name, models / name)
    beside = ["--models-dir", str(models), "--report"]
    forecast = arguments("train-forecast", "--preset quick")
    assert run("forecast", [*forecast, "--only", "gru", *beside, str(home / "turnover")]) == 0
    sentiment = arguments("train-sentiment", "--preset quick")
    assert run("sentiment", [*sentiment, "--epochs", "2", *beside, str(home / "comments")]) == 0
    return models


@pytest.mark.parametrize(("name", "encoding"), [("turnover.csv", "cp1252"), ("comments.csv", "utf-8")])
def test_the_files_are_those_of_the_page(name, encoding):
    """The page shows the files as they are, with … for what it leaves out."""
    lines = (ROOT / "docs" / "examples" / name).read_text(encoding).splitlines()
    blocks = [block.splitlines() for block in re.findall(r"^```\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)]
    (shown,) = [block for block in blocks if block[0] == lines[0]]
    assert set(shown) - {"…"} <= set(lines)
    assert shown[:2] == lines[:2]


def test_dry_runs_print_what_the_page_says(capsys, monkeypatch):
    """What is understood of a file, and why one is refused, is on the page as the commands print it."""
    monkeypatch.chdir(ROOT)
    dry = [(shlex.split(command), printed) for command, printed in consoles() if "--dry-run" in command]
    assert len(dry) == 3
    for (_, verb, argument), expected in dry:
        status = run(verb.removeprefix("train-"), shlex.split(argument.removeprefix("ARGS=")))
        out, err = capsys.readouterr()
        assert (out or err).startswith(expected)
        assert status == expected.startswith("error")


def test_the_trained_versions_pass_the_check_that_an_image_makes(models):
    """The image is built only if every version is verified, in its compiled form where TensorFlow is left out."""
    assert run_service(models, "--check", engine="onnx").returncode == 0


def test_the_requests_of_the_page_are_answered(models):
    request = json.loads((models.parent / "turnover" / "request.json").read_text())
    with serving(models, engine="onnx") as (_, client, _):
        forecast = client.post("/forecast", json=request).json()
        assert (forecast["horizon"], forecast["timestamps"][0]) == (14, "2025-01-01T00:00:00")
        assert all(5_000 < value < 25_000 for value in forecast["forecast"])
        own, film = (
            client.post("/sentiment", json={"model": "comments", "text": text}).json() for text in (COMMENT, FILM)
        )
        assert (own["model"], own["warnings"]) == ("comments", [])
        assert [warning["code"] for warning in film["warnings"]] == ["unlike_training_texts"]
        assert client.post("/sentiment", json={"text": COMMENT}).json()["model"] == "sentiment"


def test_the_reports_are_written(models):
    """Each report is a page that needs no other file; the forecast of what follows lies beside it."""
    for name in ("turnover", "comments"):
        page = (models.parent / name / "report.html").read_text("utf-8")
        assert "<script" not in page
        assert 'src="http' not in page
    rows = (models.parent / "turnover" / "forecast.csv").read_text().splitlines()
    assert rows[0] == "timestamp,forecast,lower_80,upper_80,lower_95,upper_95"
    assert len(rows) == 15
