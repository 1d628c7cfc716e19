"""The command line: arguments, messages, exit statuses, and what goes to which stream."""

import errno
import json
import os
import shutil

import pytest
from typer.testing import CliRunner

from service.bulk.formats import Dialect, Form
from service.bulk.job import TextTask, Written
from service.bulk.outputs import parts_directory
from service.bulk.reading.source import open_source
from service.bulk.run import Job, Progress
from service.cli import columns, main
from service.cli.app import make_app
from service.cli.bulk_job import identity_of, interruptible
from service.cli.progress import Speed, said, summary
from tests.processes import ROOT

UNIVERSAL, SENTIMENT = str(ROOT / "models" / "universal"), str(ROOT / "models" / "sentiment")
MONTHS = "\n".join(f"{2018 + n // 12}-{n % 12 + 1:02}-01,{100 + 10 * (n % 12) + n}" for n in range(48))


@pytest.fixture
def sales(tmp_path):
    """Four years of months."""
    path = tmp_path / "sales.csv"
    path.write_text(f"month,sales\n{MONTHS}\n")
    return str(path)


def invoke(*arguments, input=None):  # noqa: A002
    """Run a command in this process."""
    return CliRunner().invoke(make_app(), [str(argument) for argument in arguments], input=input)


def rows(result):
    """The rows that were written as JSON lines."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_help_names_every_command_and_the_exit_statuses():
    result = invoke("--help")
    for word in ("serve", "check", "forecast", "anomalies", "sentiment", "bulk", "keys", "versions", "130 interrupted"):
        assert word in result.stdout


def test_a_file_is_forecast(sales):
    """The columns are found; standard output has data alone."""
    result = invoke("forecast", sales, "--model", UNIVERSAL, "--horizon", 3, "--levels", "90")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0] == "month,forecast,lower_90,upper_90"
    assert [line.split(",")[0] for line in lines[1:]] == ["2022-01-01", "2022-02-01", "2022-03-01"]


@pytest.mark.parametrize(
    "given",
    [
        "\n".join(map(str, range(40))),
        json.dumps(list(range(40))),
        json.dumps({"readings": list(range(40))}),
        "\n".join(json.dumps({"y": n}) for n in range(40)),
    ],
    ids=["numbers", "list", "request", "lines"],
)
def test_stdin_can_be_many_things(given):
    """Plain numbers, a list, a request as HTTP has it, JSON lines."""
    result = invoke("forecast", "--model", UNIVERSAL, "--horizon", 2, "--format", "jsonl", input=given)
    assert result.exit_code == 0, result.stderr
    assert [row["step"] for row in rows(result)] == [1, 2]


def test_a_request_with_dates_keeps_them():
    given = json.dumps({"readings": list(range(30)), "start": "2020-01-01", "frequency": "MS"}, indent=2)
    result = invoke("forecast", "--model", UNIVERSAL, "--horizon", 1, "--format", "jsonl", input=given)
    assert rows(result)[0]["timestamp"].startswith("2022-07-01")


@pytest.mark.parametrize(
    ("start", "frequency", "following"), [("2020-01-15", "P1M", "2022-07-15"), ("2020-01-31", "ME", "2022-07-31")]
)
def test_dates_of_a_request_begin_with_its_start(start, frequency, following):
    """Periods too; the dates are those of POST /forecast."""
    given = json.dumps({"readings": list(range(30)), "start": start, "frequency": frequency})
    result = invoke("forecast", "--model", UNIVERSAL, "--horizon", 1, "--format", "jsonl", input=given)
    assert rows(result)[0]["timestamp"].startswith(following)


@pytest.mark.parametrize(
    ("start", "frequency", "message"),
    [
        ("2020-01-15", "MS", "not a date of the frequency 'MS'; the next one is 2020-02-01"),
        ("2020-01-01", "fortnight", "an ISO 8601 period"),
        ("first", "MS", "'first' is no date"),
    ],
)
def test_dates_that_a_request_cannot_have_are_told(start, frequency, message):
    given = json.dumps({"readings": list(range(30)), "start": start, "frequency": frequency})
    result = invoke("forecast", "--model", UNIVERSAL, input=given)
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr


def test_many_series_have_an_error_each(tmp_path):
    """The others are forecast, and the status says that there are errors."""
    path = tmp_path / "panel.csv"
    lines = [f"{store},{line}" for store in ("a", "b") for line in MONTHS.splitlines()]
    path.write_text("store,month,sales\n" + "\n".join(lines) + "\nc,2020-01-01,\n")
    result = invoke("forecast", path, "--model", UNIVERSAL, "--horizon", 2, "--format", "jsonl")
    assert result.exit_code == 1
    assert [row["store"] for row in rows(result)] == ["a", "a", "b", "b", "c"]
    assert [bool(row["error"]) for row in rows(result)] == [False] * 4 + [True]


def test_anomalies_are_found(tmp_path):
    """--only writes them alone."""
    path = tmp_path / "sales.csv"
    values = [100 + 10 * (n % 12) for n in range(60)]
    values[55] = 900
    path.write_text("y\n" + "\n".join(map(str, values)))
    result = invoke("anomalies", path, "--model", UNIVERSAL, "--only", "--format", "jsonl")
    assert result.exit_code == 0, result.stderr
    assert [row["reading"] for row in rows(result)] == [900]


def test_anomalies_of_short_series_are_found_and_errors_are_not_left_out(tmp_path):
    """As many readings are judged as can be; a series that cannot be judged is written with --only too."""
    path = tmp_path / "panel.csv"
    path.write_text("id,y\n" + "".join(f"a,{n % 4}\n" for n in range(30)) + "b,1\n")
    result = invoke("anomalies", path, "--model", UNIVERSAL, "--only", "--format", "jsonl")
    assert (result.exit_code, [row["id"] for row in rows(result)]) == (1, ["b"])
    assert rows(result)[0]["error"]


def test_texts_are_judged(tmp_path):
    """As arguments, as lines of standard input, as a column."""
    first = invoke("sentiment", "A wonderful film.", "Awful.", "--model", SENTIMENT, "--format", "jsonl")
    second = invoke("sentiment", "--model", SENTIMENT, "--format", "jsonl", input="A wonderful film.\nAwful.\n")
    (tmp_path / "in.csv").write_text("id,review\n1,A wonderful film.\n2,Awful.\n")
    third = invoke("sentiment", "-i", tmp_path / "in.csv", "--model", SENTIMENT, "--format", "jsonl")
    assert [row["label"] for row in rows(first)] == ["positive", "negative"]
    assert first.stdout == second.stdout == third.stdout


def test_a_text_that_cannot_be_judged_is_told_in_its_row():
    result = invoke("sentiment", "Fine.", " ", "--model", SENTIMENT, "--format", "jsonl")
    assert result.exit_code == 1
    assert [bool(row["error"]) for row in rows(result)] == [False, True]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["forecast", "nowhere.csv"], 2, "nowhere.csv: cannot be read: No such file"),
        (["forecast", "{sales}", "--model", "models/univrsal"], 3, "models/univrsal"),
        (["forecast", "{sales}", "--model", SENTIMENT], 2, "reads texts"),
        (["forecast", "{sales}", "--value", "units"], 2, "has no column 'units'; its columns are month, sales"),
        (["forecast", "{sales}", "--levels", "many"], 2, "no list of percentages"),
        (["forecast", "{sales}", "--levels", "0.8", "--model", UNIVERSAL], 2, "80 and not 0.8"),
        (["forecast", "{sales}", "--horizon", "0"], 2, "--horizon"),
        (["forecast", "{sales}", "--delimiter", "ab"], 2, "one character"),
        (["forecast", "{sales}", "--encoding", "utf-9"], 2, "no encoding"),
        (["forecast", "{sales}", "--encoding", "utf-16"], 2, "not in the encoding"),
        (["forecast", "{sales}", "--time-format", "%Q"], 2, "'%Q' is no form of dates"),
        (["forecast", "{sales}", "--out", "{sales}"], 2, "--overwrite"),
        (["sentiment", "-i", "{sales}"], 2, "name it with --text"),
        (["bulk", "{sales}"], 2, "--text COLUMN"),
        (["bulk", "{sales}", "--text", "a", "--value", "b"], 2, "one of them"),
        (["bulk", "{sales}", "--text", "a", "--out", "x.xlsx", "--model", SENTIMENT], 2, "--format"),
        (["nothing"], 2, "No such command"),
    ],
)  # fmt: skip
def test_a_wrong_command_says_what_is_wrong(sales, arguments, status, message):
    """In one line on standard error, with nothing on standard output."""
    result = invoke(*[argument.format(sales=sales) for argument in arguments])
    assert (result.exit_code, result.stdout) == (status, "")
    assert message in " ".join(result.stderr.split())


def test_decimal_commas_are_recognized(tmp_path):
    """Where no column holds numbers, the message says which option reads them."""
    (tmp_path / "in.csv").write_text("month;sales\n2020-01-01;1,5\n2020-02-01;2,5\n")
    assert "--decimal , reads decimal commas" in " ".join(invoke("forecast", tmp_path / "in.csv").stderr.split())


def test_a_file_that_is_given_as_a_text_is_told(sales):
    """Its name is judged, and a warning says how the file is read."""
    result = invoke("sentiment", sales, "Fine.", "x" * 5000, "--model", SENTIMENT, "--format", "jsonl")
    assert len(rows(result)) == 3
    assert result.stderr == f"warning: '{sales}' is judged as a text, and is a file: --input {sales} reads it\n"


def test_a_full_disk_is_told_with_what_was_kept(sales, tmp_path, capsys):
    """The message names the output, and says that the run can go on."""
    written = Written(tmp_path / "out.csv", Form("csv"))
    job = Job(open_source(sales), TextTask(None, "month"), written, "model", Dialect())
    parts_directory(written.path).mkdir()
    with pytest.raises(OSError, match=r"out\.csv"), interruptible(job):
        raise OSError(errno.ENOSPC, "No space left on device")
    job.source.close()
    assert capsys.readouterr().err.startswith("warning: stopped; the same command goes on from here")


def test_a_bad_value_is_named_with_its_row(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("y\n1\n2\nthree\n")
    result = invoke("forecast", path, "--value", "y", "--model", UNIVERSAL)
    assert (result.exit_code, "row 3, column y: 'three' is no number" in result.stderr) == (2, True)


def test_output_goes_to_a_file_in_its_format(sales, tmp_path):
    """And is replaced only if asked."""
    out = tmp_path / "out.jsonl"
    for _ in range(2):
        result = invoke("forecast", sales, "--model", UNIVERSAL, "--horizon", 2, "--out", out, "--overwrite")
        assert (result.exit_code, result.stdout) == (0, "")
    assert len(out.read_text().splitlines()) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["sales.csv", "out.jsonl"] or len(
        list(tmp_path.iterdir())
    ) == 2


def test_output_goes_through_a_link_and_not_over_a_pipe(sales, tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "file.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    command = ["forecast", sales, "--model", UNIVERSAL, "--horizon", 2, "--overwrite", "--out"]
    assert invoke(*command, tmp_path / "link.csv").exit_code == 0
    assert ((tmp_path / "link.csv").is_symlink(), (tmp_path / "file.csv").is_file()) == (True, True)
    result = invoke(*command, tmp_path / "pipe.csv")
    assert (result.exit_code, "is a pipe or a device" in result.stderr) == (2, True)
    assert (tmp_path / "pipe.csv").is_fifo()


def test_bulk_writes_a_file(tmp_path):
    """The summary is on standard error."""
    (tmp_path / "in.csv").write_text("id,body\n1,Great.\n2,\n")
    out = tmp_path / "out.csv"
    result = invoke("bulk", tmp_path / "in.csv", "--text", "body", "--model", SENTIMENT, "--out", out)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "2 rows read, 1 with errors" in result.stderr
    assert out.read_text().splitlines()[1].startswith("1,Great.,positive,")


def test_bulk_forecasts_a_panel_and_rows_of_series(tmp_path, sales):
    """The same series, as rows of readings and as a list in one row, has the same forecast."""
    values = [float(line.split(",")[1]) for line in MONTHS.splitlines()]
    (tmp_path / "lists.jsonl").write_text(json.dumps({"readings": values, "from": "2018-01-01", "every": "MS"}))
    options = ["--model", UNIVERSAL, "--horizon", 2, "--format", "jsonl"]
    long = invoke("bulk", sales, "--time", "month", "--value", "sales", *options)
    lists = invoke(
        "bulk", tmp_path / "lists.jsonl", "--readings", "readings", "--start-column", "from", "--frequency-column", "every",
        "--only", *options,
    )  # fmt: skip
    assert (long.exit_code, lists.exit_code) == (0, 0), long.stderr + lists.stderr
    (row,) = rows(lists)
    assert row["forecast"] == pytest.approx([row["forecast"] for row in rows(long)])
    assert row["timestamps"][0].startswith(rows(long)[0]["month"])


def test_keys_hands_on_to_its_command(tmp_path):
    """Its options and its help are those of python -m service.keys."""
    file = tmp_path / "keys.json"
    assert main(["keys", "shop", "--file", str(file)]) == 0
    assert '"shop"' in file.read_text()
    assert main(["keys", "--file", str(file)]) == 2


@pytest.mark.parametrize("command", ["serve", "check"])
def test_serving_commands_read_the_settings(monkeypatch, capsys, command):
    """A wrong one ends them as it ends python -m service, with and without options."""
    monkeypatch.setattr("service.__main__.handle_signals", lambda is_check: False)
    monkeypatch.setenv("GATECAST_PORT", "x")
    monkeypatch.setenv("GATECAST_MODELS_DIR", "models")
    assert main([command]) == 2
    assert main([command, "--models", "elsewhere"]) == 2
    assert "GATECAST_PORT" in capsys.readouterr().err


def test_check_proves_models(models, monkeypatch):
    """--models stands for its variable."""
    monkeypatch.setattr("service.__main__.handle_signals", lambda is_check: False)
    monkeypatch.setenv("GATECAST_MODELS_DIR", "nowhere")
    assert main(["check", "--models", str(models)]) == 0
    shutil.rmtree(models / "ensemble")
    (models / "ensemble" / "1").mkdir(parents=True)
    assert main(["check", "--models", str(models)]) == 3


def test_columns_are_found_by_how_they_look():
    """Dates, numbers and names; what cannot be told is asked for."""
    from service.bulk.errors import UnreadableInput
    from service.bulk.tables import ListTable

    def found(table, *given):
        return columns.roles_of("x", ListTable(table), given or (None, None, None), ".", None)

    assert found({"a": ["1", ""]}) == columns.Roles(None, None, ("a",))
    assert found({"d": ["2020-01-01"], "v": ["1"], "s": ["x"]}) == columns.Roles("s", "d", ("v",))
    assert found({"year": ["2020"], "u": ["1"], "v": ["2"]}) == columns.Roles(None, "year", ("u", "v"))
    with pytest.raises(UnreadableInput, match="name it with --value: u, v"):
        found({"s": ["x"], "u": ["1"], "v": ["2"]})
    with pytest.raises(UnreadableInput, match="no column holds numbers"):
        found({"s": ["x"], "t": ["y"]})


def test_progress_is_told_in_words():
    """Rows a second count what this run has done; the rest is estimated from the size of the input."""
    times = iter([0.0, 10.0, 10.0, 10.0, 10.0, 10.0])
    speed = Speed(lambda: next(times))
    progress = Progress(read=3000, rows=3000, errors=2, end=600, total=1000, done=1000)
    assert said(progress, speed) == "3,000 rows · 200 rows/s · 2 with errors · 0:00:10 left"
    assert summary(progress, speed, None) == (
        "3,000 rows read, 1,000 of them before, 2 with errors, in 0:00:10 (200 rows/s)"
    )


def test_a_model_that_is_replaced_in_place_is_another_one(tmp_path):
    """A run that was stopped does not go on with it."""
    (tmp_path / "SHA256SUMS").write_text("1")
    before = identity_of(str(tmp_path))
    assert before == identity_of(str(tmp_path))
    (tmp_path / "SHA256SUMS").write_text("2")
    assert identity_of(str(tmp_path)) != before
