"""Frame → frame functions: their columns and types never depend on what a frame holds."""

import pickle

import numpy as np
import pandas as pd
import pytest

import service
from tests.service.local.conftest import MODELS
from tests.service.local.made_series import months, panel

UNIVERSAL, SENTIMENT = str(MODELS / "universal"), str(MODELS / "sentiment")
KINDS = {
    "string": "str" if int(pd.__version__.split(".")[0]) >= 3 else "string",
    "double": "float64",
    "boolean": "boolean",
    "bigint": "Int64",
    "timestamp_ntz": "datetime64[us]",
    "array<double>": "object",
    "array<timestamp_ntz>": "object",
}
TEXTS = pd.DataFrame({"n": [1, 2, 3], "text": ["A superb film.", None, "dull"]})
ROWS = pd.DataFrame(
    {
        "readings": [months().tolist(), [1.0], None, ["a"] * 20, months(1).to_numpy()[:0], months(40).to_numpy()],
        "start": ["2020-01-01", "2020-01-01", None, "2020-01-01", None, None],
        "frequency": ["MS", "MS", "MS", "MS", None, "MS"],
    }
)
TEXT = service.TextScoring(SENTIMENT)
SERIES = service.SeriesScoring(UNIVERSAL, 3)
DATED = service.SeriesScoring(UNIVERSAL, 3, start="start", frequency="frequency", prefix="next_")
PANEL = service.PanelScoring(UNIVERSAL, 2)
STEPS = service.PanelScoring(UNIVERSAL, 2, time=None)
BAD = panel().assign(y="n/a")


@pytest.mark.parametrize("scoring", [TEXT, SERIES, DATED, PANEL, STEPS])
def test_scoring_can_be_pickled(scoring):
    """Engines send it to their workers."""
    assert pickle.loads(pickle.dumps(scoring)) == scoring


@pytest.mark.parametrize(
    ("scoring", "frames"),
    [
        (TEXT, [TEXTS, TEXTS[:0], TEXTS[1:2], TEXTS[:1]]),
        (SERIES, [ROWS, ROWS[:0], ROWS[1:4], ROWS[:1]]),
        (DATED, [ROWS, ROWS[:0], ROWS[1:4], ROWS[:1]]),
        (PANEL, [panel(), panel()[:0], panel()[:3], BAD, panel().astype({"ds": str}), panel().astype({"ds": str})[:0]]),
        (STEPS, [panel(), panel()[:0], panel()[:3], BAD]),
    ],
)  # fmt: skip
def test_columns_and_types_are_those_of_the_schema(scoring, frames):
    """Whether a frame is whole, empty, or all of its rows are bad."""
    expected = {name: KINDS[kind] for name, kind in scoring.schema()}
    for frame in frames:
        types = {name: str(dtype) for name, dtype in scoring(frame).dtypes.items() if name in expected}
        assert types == expected


def test_texts_are_scored_beside_their_columns():
    """Rows, columns and index stay; a bad text has its error and no label."""
    frame = TEXTS.set_axis(["x", "y", "z"])
    scored = TEXT(frame)
    assert scored[["n", "text"]].equals(frame)
    assert scored["label"].tolist()[::2] == ["positive", "negative"]
    assert scored["error"].isna().tolist() == [True, False, True]
    assert scored.loc["y", "error"] == "the text is missing"


def test_texts_are_scored_as_by_the_model(sentiment):
    """The same numbers as `Model.sentiment`."""
    scored, judged = TEXT(TEXTS), sentiment.sentiment(TEXTS["text"], errors="column")
    assert scored[judged.columns.tolist()].equals(judged)


def test_series_are_scored_row_by_row(universal):
    """An array for each column; bad rows have empty ones and their error."""
    scored = SERIES(ROWS)
    assert scored["error"].isna().tolist() == [True, False, False, False, False, True]
    expected = universal.forecast(months().tolist(), 3)
    np.testing.assert_allclose(scored["lower_95"][0], expected["lower_95"], rtol=1e-5)
    assert [len(each) for each in scored["forecast"]] == [3, 0, 0, 0, 0, 3]


def test_series_with_a_start_have_timestamps():
    """Rows without a start have none, and their forecast."""
    scored = DATED(ROWS)
    expected = pd.date_range("2025-01-01", periods=3, freq="MS")
    assert [pd.Timestamp(each) for each in scored["next_timestamps"][0]] == expected.tolist()
    assert len(scored["next_timestamps"][5]) == 0
    assert len(scored["next_forecast"][5]) == 3


def test_a_panel_is_scored_as_by_the_model(universal):
    """The same numbers as `Model.forecast`."""
    scored, expected = PANEL(panel()), universal.forecast(panel(), 2)
    pd.testing.assert_frame_equal(scored[expected.columns.tolist()], expected, check_dtype=False)
    assert scored["error"].isna().all()


def test_a_bad_series_of_a_panel_spoils_no_other():
    """Of a date that is none, a reading that is none, and too few of them."""
    frame = panel(5).astype({"ds": str, "y": object})
    frame.loc[5, "ds"] = "soon"
    frame.loc[70, "y"] = "?"
    scored = PANEL(frame[:182])
    assert scored["unique_id"].tolist() == ["a", "b", "c", "c", "d"]
    assert scored["error"][0] == "the column 'ds' holds 'soon', which is no ISO 8601 date"
    assert scored["error"][1] == "the column 'y' holds '?', which is no finite number"
    assert "4 readings" in scored["error"][4]
    assert scored["ds"].isna().tolist() == [True, True, False, False, True]


def test_whole_numbers_of_a_panel_go_on():
    """times="number" says that the time column holds them."""
    frame = panel().assign(ds=lambda each: each.groupby("unique_id").cumcount() + 1961)
    scoring = service.PanelScoring(UNIVERSAL, 2, times="number")
    assert scoring(frame)["ds"].tolist()[:2] == [2021, 2022]
    with pytest.raises(service.DataError, match="`times` is 'timestamp'"):
        PANEL(frame)


def test_a_missing_or_a_taken_column_is_refused_in_words():
    """The message names the columns that there are, or the remedy."""
    with pytest.raises(service.DataError, match="no column 'text': name it with text=…; it has 'body'"):
        TEXT(pd.DataFrame({"body": ["x"]}))
    with pytest.raises(service.DataError, match="a column 'label' already; give `prefix`"):
        TEXT(TEXTS.assign(label=1))
    assert "mood_label" in service.TextScoring(SENTIMENT, prefix="mood_")(TEXTS.assign(label=1))


def test_a_model_of_another_task_is_refused():
    """The message names one that can."""
    with pytest.raises(service.GatecastError, match="models/sentiment"):
        service.TextScoring(UNIVERSAL)(TEXTS)


def test_rows_without_an_id_get_an_error():
    """They belong to no series."""
    frame = panel(2)
    frame.loc[60:, "unique_id"] = None
    scored = PANEL(frame)
    assert scored["error"].dropna().tolist() == ["the column 'unique_id' has no name"]
    assert scored["unique_id"].isna().tolist() == [False, False, True]
