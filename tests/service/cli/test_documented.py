"""The commands of docs/without-a-server.md do what it says."""

import json
import re
import shlex

import pytest
from typer.testing import CliRunner

from service.cli.app import make_app
from tests.processes import ROOT

PAGE = (ROOT / "docs" / "without-a-server.md").read_text("utf-8")
COMMANDS = re.findall(r"^gatecast ((?:forecast|anomalies|sentiment|bulk) .*?)(?:\s+#.*)?$", PAGE, re.MULTILINE)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The files that the page names, and the shipped models."""
    dates = [f"{2018 + n // 12}-{n % 12 + 1:02}-01" for n in range(48)]
    (tmp_path / "sales.csv").write_text(
        "store,date,units\n" + "".join(f"{store},{date},{n % 12}\n" for store in "ab" for n, date in enumerate(dates))
    )
    (tmp_path / "reviews.csv").write_text("id,body\n1,A wonderful film.\n2,Awful.\n")
    (tmp_path / "meters.jsonl").write_text(json.dumps({"meter": 1, "kwh": [n % 24 for n in range(96)]}) + "\n")
    import pyarrow.csv
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.csv.read_csv(tmp_path / "reviews.csv"), tmp_path / "reviews.parquet")
    (tmp_path / "models").symlink_to(ROOT / "models")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_has_commands():
    assert len(COMMANDS) == 9


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_done(files, command):
    """Each ends with 0, and its output is there."""
    arguments = shlex.split(command)
    result = CliRunner().invoke(make_app(), arguments)
    assert result.exit_code == 0, result.stderr
    if "--out" in arguments:
        assert (files / arguments[arguments.index("--out") + 1]).stat().st_size > 0
    else:
        assert result.stdout


def test_statuses_of_the_page_are_those_of_the_command():
    """And none is missing."""
    from service.cli import exits

    named = {
        int(number) for numbers in re.findall(r"^\| ([\d, ]+) \|", PAGE, re.MULTILINE) for number in numbers.split(",")
    }
    known = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    assert named == known | {0, 143}
