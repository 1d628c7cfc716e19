"""A column of the caller's is never overwritten: a name that the answer needs is refused."""

import pandas as pd
import pytest

import service
from tests.service.local.conftest import MODELS
from tests.service.local.made_series import months, panel

UNIVERSAL, SENTIMENT = str(MODELS / "universal"), str(MODELS / "sentiment")


@pytest.mark.parametrize("name", ["forecast", "lower_80", "upper_95", "ds"])
def test_ids_with_the_name_of_a_result_are_refused(universal, name):
    """In a long frame, by its message; the time column's name is taken too."""
    frame = panel().assign(**{name: panel()["ds" if name == "ds" else "unique_id"]})
    with pytest.raises(service.DataError, match=rf"'{name}'.*rename"):
        universal.forecast(frame, 2, id=name)
    with pytest.raises(service.DataError, match=rf"'{name}'.*rename"):
        service.PanelScoring(UNIVERSAL, 2, id=name)(frame)


@pytest.mark.parametrize("name", ["forecast", "timestamp", "error"])
def test_a_wide_frame_with_the_name_of_a_result_is_refused(universal, name):
    """The name of its columns is that of the ids; `error` is free where errors are raised."""
    wide = pd.DataFrame({"a": months(), "b": months()}).rename_axis(columns=name)
    with pytest.raises(service.DataError, match=rf"'{name}'.*rename"):
        universal.forecast(wide, 2, errors="column")
    if name == "error":
        assert universal.forecast(wide, 2)["error"].tolist() == ["a", "a", "b", "b"]


@pytest.mark.parametrize("name", ["reading", "expected", "score", "anomaly"])
def test_ids_with_the_name_of_a_judgement_are_refused(universal, name):
    """Also the time column."""
    with pytest.raises(service.DataError, match=rf"'{name}'.*rename"):
        universal.anomalies(panel().rename(columns={"unique_id": name}), id=name, last=2)
    with pytest.raises(service.DataError, match=rf"'{name}'.*rename"):
        universal.anomalies(panel().rename(columns={"ds": name}), time=name, last=2)


def test_a_time_with_the_name_of_a_result_is_refused(universal):
    """The dates would be lost."""
    frame = panel().rename(columns={"ds": "forecast"})
    with pytest.raises(service.DataError, match=r"'forecast'.*rename"):
        universal.forecast(frame, 2, time="forecast")
    with pytest.raises(service.DataError, match=r"'error'.*rename"):
        service.PanelScoring(UNIVERSAL, 2, time="error")(panel().rename(columns={"ds": "error"}))


@pytest.mark.parametrize("frame", [panel(), panel()[:0]])
def test_a_panel_refuses_such_names_also_without_rows(frame):
    """And in the schema, which engines ask for first."""
    scoring = service.PanelScoring(UNIVERSAL, 2, id="forecast")
    with pytest.raises(service.DataError, match=r"'forecast'.*rename"):
        scoring(frame.rename(columns={"unique_id": "forecast"}))
    with pytest.raises(service.DataError, match=r"'forecast'.*rename"):
        scoring.schema()


def test_steps_are_a_column_too():
    """Where there are no dates."""
    with pytest.raises(service.DataError, match=r"'step'.*rename"):
        service.PanelScoring(UNIVERSAL, 2, id="step", time=None)(panel().rename(columns={"unique_id": "step"}))


def test_columns_beside_results_stay():
    """Those of the frame that have a result's name are refused before a model is asked, and may be kept with a prefix."""
    rows = pd.DataFrame({"readings": [months().tolist()], "forecast": ["mine"], "id": [7]})
    with pytest.raises(service.DataError, match="a column 'forecast' already; give `prefix`"):
        service.SeriesScoring(UNIVERSAL, 2)(rows)
    scored = service.SeriesScoring(UNIVERSAL, 2, prefix="next_")(rows)
    assert scored[["readings", "forecast", "id"]].equals(rows)
    with pytest.raises(service.DataError, match="a column 'label' already"):
        service.TextScoring(SENTIMENT)(pd.DataFrame({"text": ["fine"], "label": ["mine"]}))


def test_several_columns_of_one_name_are_refused():
    """Which of them is meant, nobody knows."""
    twice = pd.DataFrame([["fine", "dull"]], columns=["text", "text"])
    with pytest.raises(service.DataError, match="several columns 'text'"):
        service.TextScoring(SENTIMENT)(twice)
    with pytest.raises(service.DataError, match="several columns 'readings'"):
        service.SeriesScoring(UNIVERSAL, 2)(pd.DataFrame([[[1.0], [2.0]]], columns=["readings", "readings"]))


@pytest.mark.parametrize(("first", "second"), [(1, "1"), (1.5, "1.5"), (None, "None")])
def test_ids_that_are_one_text_are_refused_by_series(first, second):
    """Objects are written as text, and 1 and '1' would be one series."""
    frame = panel(3)
    frame["unique_id"] = frame["unique_id"].map({"a": first, "b": second, "c": "c"}).astype(object)
    frame["unique_id"] = frame["unique_id"].where(frame["unique_id"].notna(), None)
    scored = service.PanelScoring(UNIVERSAL, 2)(frame)
    assert scored["unique_id"].fillna("missing").tolist().count("c") == 2
    if first is None:
        assert scored["error"].tolist()[0] == "the column 'unique_id' has no name"
        assert scored["unique_id"].tolist()[1] == "None"
        return
    assert scored["error"].isna().tolist() == [False, False, True, True]
    assert f"also the text of another one ({first} and '{second}')" in scored["error"][0]
