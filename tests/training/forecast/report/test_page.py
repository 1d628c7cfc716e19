"""The report of one series: what it says, in which order, and that it needs no other file."""

import csv
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from tests.training.forecast.report import made_up_results
from training.evaluation import metrics
from training.forecast.measuring.backtests import rmse_by_step
from training.forecast.ranking.advice import REQUEST
from training.forecast.report import page as pages
from training.forecast.report import pictures, tables, texts
from training.reporting.tables import layout

HOSTILE = "<script>alert('a')</script> & $x$ \"q\""
SECTIONS = [
    "What to do",
    "The forecast",
    "What was understood of the file",
    "Remarks",
    "Ranking",
    "Forecasts against what came",
    "What the minutes bought",
    "How it was measured",
    "What next",
]


class Reader(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    def values(self, name):
        return [attributes[name] for _, attributes in self.tags if name in attributes]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The directory of a report of made-up results, and the results."""
    results = made_up_results.page()
    directory = tmp_path_factory.mktemp("report") / "sales"
    assert pages.write(directory, results) == directory / "report.html"
    return directory, results


def test_a_report_says_what_to_do_first_and_how_it_was_measured_last(report):
    """The order is the reader's: the decision, the forecast, then what it rests on."""
    text = (report[0] / "report.html").read_text("utf-8")
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", text) == SECTIONS
    assert text.index("curl -s localhost:8000/forecast") < text.index("The forecast</h2>")


def test_a_report_needs_no_other_file_and_runs_nothing(report):
    """Every address is a part of the page; ids are unique, and every reference leads to one."""
    text = (report[0] / "report.html").read_text("utf-8")
    reader = Reader(text)
    addresses = reader.values("src") + reader.values("href")
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert "http://" not in text.replace("http://localhost", "")
    assert "https://" not in text
    assert {tag for tag, _ in reader.tags} & {"script", "iframe", "object", "img"} == set()
    ids = reader.values("id")
    assert len(ids) == len(set(ids))
    references = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)
    assert {first or second for first, second in references} <= set(ids)
    assert len(text) < 1_000_000


def test_pictures_have_texts_and_lie_beside_the_page_too(report):
    """A screen reader reads the caption; the PNG are for slides."""
    reader = Reader((report[0] / "report.html").read_text("utf-8"))
    described = [attributes["aria-label"] for tag, attributes in reader.tags if tag == "svg"]
    assert len(described) == 5
    assert all(described)
    assert sorted(path.name for path in report[0].iterdir()) == sorted(
        ["report.html", "forecast.csv", "future.png", "series.png", "test.png", "steps.png", "coverage.png"]
    )


def test_every_figure_of_the_test_set_is_of_the_same_origins(report):
    """Table, picture by step and captions say how many; the pooled error is that of the lines in the picture."""
    _, results = report
    recommended = results.ranking.recommended
    origins = len(recommended.test.part(12).origins)
    assert origins == 40
    lines = rmse_by_step(recommended.test)
    assert np.sqrt(np.mean(np.square(lines))) == pytest.approx(tables.pooled(recommended.test, 12)["rmse"])
    text = (report[0] / "report.html").read_text("utf-8")
    assert "over the same 40 origins: those of 51 that have all 12 steps after them" in text
    assert text.count("the 40 origins of the table") == 4
    assert "from 4 of the 40 origins" in text


def test_a_number_looks_the_same_wherever_it_stands(report):
    """The error of the recommended one on the test set stands in three tables and in the decision."""
    _, results = report
    fold, test = tables.recommended_errors(results.ranking)
    _, rows = results.table()
    assert rows[0][1] == fold
    assert rows[0][4] == test
    assert tables.test_rows(results.ranking, 12, 12)[1][0][1] == test
    assert tables.kind_rows(results.ranking)[1][0][5] == test
    assert f"RMSE {test}" in texts.decision(results)["error on the test set"]


def test_the_forecast_of_the_future_is_a_file_a_table_and_a_picture(report):
    """The file has the values of the table, with names that a program can read."""
    directory, results = report
    rows = list(csv.DictReader((directory / "forecast.csv").read_text("utf-8").splitlines()))
    assert list(rows[0]) == ["timestamp", "forecast", "lower_80", "upper_80", "lower_95", "upper_95"]
    assert [row["timestamp"] for row in rows][:2] == ["2018-01-01", "2018-02-01"]
    assert float(rows[3]["upper_95"]) == pytest.approx(results.future.upper[1, 3])
    text = (directory / "report.html").read_text("utf-8")
    assert 'download="forecast.csv"' in text
    assert '<th scope="row" class="n">2018-01-01</th>' in text


def test_the_ranking_fits_a_terminal_of_80_columns(report):
    """The terminal shows the columns of the report's first table."""
    header, rows = report[1].table()
    lines = layout("least error on the folds first", header, rows, 80)
    assert max(len(line) for line in lines) <= 80


def test_texts_of_the_user_s_file_stay_texts(tmp_path):
    """Names of files and columns, remarks and requests may hold HTML."""
    results = made_up_results.page(
        source=HOSTILE, remarks=[HOSTILE], understood={HOSTILE: HOSTILE}, exported=[HOSTILE], settings={"name": HOSTILE}
    )
    text = pages.write(tmp_path, results).read_text("utf-8")
    reader = Reader(text)
    assert not [tag for tag, _ in reader.tags if tag == "script"]
    assert reader.texts.count(HOSTILE) >= 5
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]


def test_absurd_intervals_are_cut_in_the_pictures_and_this_is_said(tmp_path):
    """Else the readings would be a flat line."""
    text = pages.write(tmp_path, made_up_results.page(wide=400.0)).read_text("utf-8")
    assert text.count("The intervals are cut: they reach from") == 4  # two pictures, each described and captioned


def test_a_report_without_a_future_or_intervals_leaves_them_out(tmp_path):
    """So does one without remarks or anything exported."""
    results = made_up_results.page(future=None, remarks=[], exported=[], levels=())
    text = pages.write(tmp_path, results).read_text("utf-8")
    assert "The forecast<" not in text
    assert "Coverage by step" not in text
    assert "Remarks" not in text
    assert "<dt>exported</dt><dd>nothing</dd>" in text
    assert not (tmp_path / "forecast.csv").exists()


def test_a_forecaster_that_is_barred_is_marked_and_the_reason_is_given():
    """It may rank first all the same."""
    results = made_up_results.page(name="gru")
    assert results.table()[1][0][0] == "mstl_log *"
    (reason,) = texts.barred(results.ranking)
    assert reason.startswith("* mstl_log is not recommended: its intervals span more")


def test_what_the_minutes_bought_compares_networks_with_the_rest():
    """The best network beside the best of everything else, and the time of all of each."""
    text = texts.minutes(made_up_results.page().ranking)
    assert "the 2 networks took 2.4 min, everything else 4.0 s" in text
    assert "gru, is 100.0 % above that of mstl_log" in text


def test_a_ratio_without_an_interval_or_without_a_value_is_plain():
    """A baseline without an error gives no ratio, and few origins no interval."""
    assert tables.ratio(None) == tables.ratio(metrics.Ratio(np.nan, None, None, 0)) == "–"
    assert tables.ratio(metrics.Ratio(np.inf, 0.1, np.inf, 3)) == "–"
    assert tables.ratio(metrics.Ratio(0.5, None, None, 0)) == "0.500"
    assert tables.ratio(metrics.Ratio(0.5, np.nan, np.nan, 3)) == "0.500"


def test_the_picture_by_step_has_few_lines_with_the_recommended_one_first():
    """More lines than that cannot be told apart; the baseline is always one of them."""
    ranking = made_up_results.page(name="gru").ranking
    names = [row.name for row in pictures.shown_rows(ranking)]
    assert names[:2] == ["gru", "seasonal_naive"]
    assert len(names) == len(set(names)) == pictures.MAX_LINES


@pytest.mark.parametrize(
    ("readings", "steps", "season", "tail"), [(204, 12, 12, 36), (5, 3, 1, 5), (50000, 48, 336, 384), (100, 1, 12, 12)]
)
def test_the_readings_before_a_forecast_show_the_season(readings, steps, season, tail):
    """Few enough that the forecast is seen too."""
    assert pictures.tail_length(readings, steps, season) == tail


def test_a_test_set_that_is_shorter_than_the_forecasts_has_no_pictures(tmp_path):
    """No origin has all steps after it; the table has dashes, and nothing fails."""
    text = pages.write(tmp_path, made_up_results.page(count=40, steps=12, future=None)).read_text("utf-8")
    assert "the same 0 origins" in text
    assert text.count("<svg") == 1
    assert not (tmp_path / "test.png").exists()


def test_a_report_of_many_steps_and_readings_stays_small(tmp_path):
    """Pictures are thinned, and long tables have some of the steps; forecast.csv has them all."""
    results = made_up_results.page(count=1200, steps=200, frequency="h", season=24)
    path = pages.write(tmp_path, results)
    assert path.stat().st_size < 1_000_000
    assert len((tmp_path / "forecast.csv").read_text("utf-8").splitlines()) == 201
    assert len(tables.step_rows(results.ranking, 200)[1]) == tables.MAX_STEPS


def with_call(directory, body):
    """Write the report of a run whose request lies in a file beside it, as an absolute path."""
    file = directory / REQUEST
    file.write_text(body + "\n", "utf-8")
    results = made_up_results.page()
    ranking = replace(results.ranking, what_to_call=f"curl -s localhost:8000/forecast -d @{file}")
    return pages.write(directory, replace(results, ranking=ranking)).read_text("utf-8")


def test_a_short_request_stands_in_the_page_and_a_long_one_can_be_saved(tmp_path):
    """The page may be sent on without the files beside it, so it names no path of this machine."""
    short = with_call(tmp_path, '{"readings": [1.5, 2]}')
    assert "-d &#x27;{&quot;readings&quot;: [1.5, 2]}&#x27;" in short
    long = with_call(tmp_path, str([1.5] * 3000))
    assert "-d @request.json<" in long
    assert 'download="request.json"' in long
    assert str(tmp_path) not in short + long


def test_intervals_that_do_not_keep_what_they_promise_are_named():
    """A reader who plans with them must know; a small difference is chance."""
    assert texts.coverage(made_up_results.page()) == []
    (narrow, narrower) = texts.coverage(made_up_results.page(wide=0.3))
    assert "too narrow" in narrow
    assert "95 % interval of mstl_log held" in narrower
    assert "wider than need be" in texts.coverage(made_up_results.page(wide=9.0))[0]
