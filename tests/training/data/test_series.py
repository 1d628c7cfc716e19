"""A user's CSV: read as it is meant, or refused with an error that teaches."""

import io
import tarfile

import numpy as np
import pandas as pd
import pytest

from training.data import series, tables, texts
from training.data.tables import DataError


def write(tmp_path, text, name="my.csv"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def months(count=24, **columns):
    dates = pd.date_range("2020-01-01", periods=count, freq="MS").strftime("%Y-%m-%d")
    return pd.DataFrame({"month": dates, "sales": np.arange(count) + 0.5} | columns)


def test_the_columns_of_a_series_are_detected(tmp_path):
    path = write(tmp_path, months(shop=["a"] * 24).to_csv(index=False))
    found = series.read_series(path)
    assert found.columns == {"date": "month", "value": "sales"}
    assert (found.frequency, found.season, len(found.readings)) == ("MS", 12, 24)
    assert found.span(0, 24) == ("2020-01-01", "2021-12-01")
    assert len(found.sha256) == 64


def test_named_columns_are_taken(tmp_path):
    path = write(tmp_path, months(costs=range(24)).to_csv(index=False))
    assert series.read_series(path, value_column="costs").readings[3] == 3


@pytest.mark.parametrize(
    ("frequency", "season"),
    [("QS", 4), ("D", 7), ("B", 5), ("h", 24), ("3h", 8), ("W-THU", 52), ("30min", 48), ("10min", 144), ("YS", 1)],
)
def test_frequency_and_season_are_told_from_the_dates(tmp_path, frequency, season):
    dates = pd.date_range("2020-01-02", periods=60, freq=frequency)
    path = write(tmp_path, pd.DataFrame({"date": dates, "value": range(60)}).to_csv(index=False))
    assert series.read_series(path).season == season


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda t: t.drop(index=5), "1 dates of frequency 'MS' are missing: 2020-06-01"),
        (lambda t: pd.concat([t, t.tail(1)]), "the same date stands in rows 25, 26"),
        (lambda t: t.iloc[[0, 2, 1, *range(3, 24)]], "row 4 is earlier than the row before"),
        (lambda t: t.assign(sales=t.sales.where(t.index != 7)), "column 'sales' is empty in row 9"),
        (lambda t: t.assign(sales=t.sales.astype(object).where(t.index != 7, "n/k")), "not a finite number in row 9"),
        (lambda t: t.assign(sales=t.sales.where(t.index != 7, np.inf)), "not a finite number in row 9"),
        (lambda t: t.assign(month=t.month.where(t.index != 3, "soon")), "is no date in row 5"),
        (lambda t: t.assign(costs=t.sales), "several columns hold numbers: sales, costs"),
        (lambda t: t.assign(sales="many"), "no column holds numbers"),
        (lambda t: t.assign(month="never"), "no column looks like dates"),
        (lambda t: t.head(2), "2 rows are too few"),
        (lambda t: t.head(0), "a header and no rows"),
        (lambda t: t[["sales"]], "at least 2"),
    ],
)
def test_a_series_that_cannot_be_used_says_where_and_why(tmp_path, change, fault):
    path = write(tmp_path, change(months()).to_csv(index=False))
    with pytest.raises(DataError, match=fault):
        series.read_series(path)


def test_days_before_months_are_read_when_said_and_hinted_at_when_not(tmp_path):
    dates = pd.date_range("2015-01-01", periods=36, freq="MS").strftime("%d/%m/%Y")
    path = write(tmp_path, pd.DataFrame({"date": dates, "value": range(36)}).to_csv(index=False))
    assert series.read_series(path, day_first=True).frequency == "MS"
    with pytest.raises(DataError, match="--day-first"):
        series.read_series(path)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_hours_with_utc_offsets_survive_a_change_of_the_clock(tmp_path, zone):
    dates = pd.date_range("2024-03-29", periods=96, freq="h", tz=zone).map(pd.Timestamp.isoformat)
    path = write(tmp_path, pd.DataFrame({"date": dates, "value": range(96)}).to_csv(index=False))
    assert series.read_series(path).frequency == "h"


def test_rows_of_more_fields_than_the_header_are_refused(tmp_path):
    """They would shift every column by one."""
    path = write(tmp_path, "id,date,value\n" + "".join(f"{i},2020-01-{i:02d},{i},x\n" for i in range(1, 20)))
    with pytest.raises(DataError, match="more fields than the header"):
        series.read_series(path)


def test_blank_lines_count_as_rows_and_those_at_the_end_do_not_matter(tmp_path):
    table = months().to_csv(index=False)
    assert len(series.read_series(write(tmp_path, table + "\n\n")).readings) == 24
    with pytest.raises(DataError, match="row 3"):
        series.read_series(write(tmp_path, table.replace("2020-02-01", "\n2020-02-01")))


def test_dates_without_a_rhythm_are_refused(tmp_path):
    rows = "\n".join(f"2020-01-{day:02d},{day}" for day in (1, 2, 5, 6, 11, 13, 20, 29))
    with pytest.raises(DataError, match="frequency"):
        series.read_series(write(tmp_path, f"date,value\n{rows}\n"))


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"\xff\xfe\xfa,\xfb\n1,2\n", b'a,b\n"1,2\n'])
def test_a_file_that_is_no_csv_is_refused(tmp_path, content):
    path = tmp_path / "my.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"my\.csv"):
        series.read_series(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        series.read_series(tmp_path / "nowhere.csv")


def test_a_column_that_is_not_there_lists_those_that_are(tmp_path):
    path = write(tmp_path, months().to_csv(index=False))
    with pytest.raises(DataError, match="no column 'revenue'; its columns are 'month', 'sales'"):
        series.read_series(path, value_column="revenue")


def reviews(labels, texts=None):
    rows = texts or [f"the film number {i} was something" for i in range(len(labels))]
    return pd.DataFrame({"id": range(len(rows)), "review": rows, "label": labels})


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([1, 0, 1], [1, 0, 1]),
        (["pos", "neg", "neg"], [1, 0, 0]),
        (["Negative", "Positive", "Positive"], [0, 1, 1]),
    ],
)
def test_texts_and_labels_are_detected(tmp_path, labels, expected):
    path = write(tmp_path, reviews(labels).to_csv(index=False))
    found = texts.read_texts(path)
    assert found.columns == {"text": "review", "label": "label"}
    assert found.labels.tolist() == expected
    assert found.classes == ("negative", "positive")


def test_classes_of_any_names_are_taken_when_the_positive_is_said(tmp_path):
    path = write(tmp_path, reviews(["spam", "ham", "ham"]).to_csv(index=False))
    with pytest.raises(DataError, match="cannot tell which of the labels 'ham' and 'spam' is positive"):
        texts.read_texts(path)
    assert texts.read_texts(path, positive="spam").classes == ("ham", "spam")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (reviews([1, 1, 1]), "every label is '1'"),
        (reviews([1, 0, 2]), "3 different labels"),
        (reviews([1, 0], ["good film", None]), "column 'review' is empty in row 3"),
        (reviews([1, 0], ["good film", "  "]), "column 'review' is empty in row 3"),
        (reviews([1, None, 0]), "column 'label' is empty in row 3"),
        (reviews([1, 0], ["one", "two"]), "no column holds texts"),
        (reviews([1, 0]).rename(columns={"label": "x"}).assign(y=[2, 3]), "cannot tell the label column"),
    ],
)
def test_texts_that_cannot_be_used_say_where_and_why(tmp_path, table, fault):
    path = write(tmp_path, table.to_csv(index=False))
    with pytest.raises(DataError, match=fault):
        texts.read_texts(path)


def test_a_review_that_says_null_is_a_text(tmp_path):
    table = reviews([1, 0, 1], ["null", "None of it", "so very good"])
    assert texts.read_texts(write(tmp_path, table.to_csv(index=False))).texts[0] == "null"


def test_one_column_cannot_be_both_text_and_label(tmp_path):
    path = write(tmp_path, reviews([1, 0]).to_csv(index=False))
    with pytest.raises(DataError, match="cannot be both"):
        texts.read_texts(path, text_column="label")


def test_duplicates_are_dropped_and_counted(tmp_path):
    """A text under both labels teaches nothing; neither goes unmentioned."""
    table = reviews([1, 1, 0, 1, 0], ["so good", "So  good", "so bad", "so what", "so what"])
    found = texts.read_texts(write(tmp_path, table.to_csv(index=False)))
    assert found.texts == ["so good", "so bad"]
    assert found.audit == [
        "2 duplicates were dropped",
        "1 texts that stand under both labels were dropped",
    ]


def test_training_texts_that_stand_in_the_test_part_are_dropped(tmp_path):
    learn = texts.read_texts(write(tmp_path, reviews([1, 0, 1]).to_csv(index=False)))
    test = texts.read_texts(write(tmp_path, reviews([1, 0]).to_csv(index=False), "test.csv"))
    kept = texts.without(learn, test)
    assert kept.texts == ["the film number 2 was something"]
    assert "2 training texts that also stand in the test part were dropped" in kept.audit


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """Make the downloader find a given file, or nothing."""

    def put(path=None):
        def retrieve(url, known_hash, fname, cache, downloader):
            if path is None:
                raise ConnectionError("no network")
            return str(path)

        monkeypatch.setattr(tables.pooch, "retrieve", retrieve)

    return put


def test_without_a_network_the_error_says_what_to_pass(fetched):
    fetched(None)
    with pytest.raises(DataError, match=r"cannot be fetched .* pass --data my\.csv"):
        series.fetch_series()
    with pytest.raises(DataError, match=r"cannot be fetched .* pass --data my\.csv"):
        texts.fetch_reviews()


def test_the_default_series_is_checked_and_dropped_when_it_is_another(tmp_path, fetched):
    path = write(tmp_path, months().to_csv(index=False))
    fetched(path)
    with pytest.raises(DataError, match="answered 24 rows"):
        series.fetch_series()
    assert not path.exists()


def test_a_page_in_place_of_the_series_is_not_kept(tmp_path, fetched):
    path = write(tmp_path, "<html>try later</html>\n")
    fetched(path)
    with pytest.raises(DataError):
        series.fetch_series()
    assert not path.exists()


def test_the_default_series_is_read_in_freds_form(tmp_path, fetched):
    dates = pd.date_range("1985-01-01", periods=397, freq="MS").strftime("%Y-%m-%d")
    table = pd.DataFrame({"observation_date": dates, "IPG2211A2N": np.linspace(50, 120, 397)})
    fetched(write(tmp_path, table.to_csv(index=False)))
    assert series.fetch_series().columns["value"] == "IPG2211A2N"


def test_the_archive_of_reviews_is_read_without_unpacking(tmp_path, fetched):
    """Only what has a review's name is read; anything else in the archive is left alone."""
    path = tmp_path / "aclImdb_v1.tar.gz"
    members = {
        "aclImdb/train/pos/0_9.txt": "a fine film",
        "aclImdb/train/neg/1_2.txt": "a poor film",
        "aclImdb/train/unsup/10_0.txt": "a later one without a label",
        "aclImdb/train/unsup/2_0.txt": "unlabelled",
        "aclImdb/test/pos/0_10.txt": "another fine film",
        "aclImdb/test/neg/0_1.txt": "a poor film",
        "../../etc/passwd": "no",
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    fetched(path)
    train, more, test = texts.fetch_reviews()
    assert more == ["unlabelled", "a later one without a label"], "by number, which is the order of the films"
    assert sorted(train.texts) == ["a fine film", "a poor film"]
    assert sorted(zip(test.texts, test.labels.tolist(), strict=True)) == [("a poor film", 0), ("another fine film", 1)]


def test_star_ratings_are_cut_where_it_is_said(tmp_path):
    """Clear ratings become classes, the rest is left out and counted."""
    table = reviews([1, 3, 5, 4, 2]).rename(columns={"label": "stars"})
    found = texts.read_texts(write(tmp_path, table.to_csv(index=False)), label_column="stars", stars=(2, 4))
    assert found.labels.tolist() == [0, 1, 1, 0]
    assert found.classes == ("negative", "positive")
    assert found.audit[:2] == ["rated up to 2: negative, from 4 on: positive", "1 texts rated between were left out"]


@pytest.mark.parametrize(
    ("stars", "ratings", "fault"),
    [
        ((4, 4), [1, 5], "low must be below high"),
        ((0, 4), [1, 5], "ratings go from 1 to 5; up to 0"),
        ((2, 4), [1, "five"], "ratings that are no numbers in row 3"),
    ],
)
def test_a_cut_that_makes_no_two_classes_is_refused(tmp_path, stars, ratings, fault):
    path = write(tmp_path, reviews(ratings).to_csv(index=False))
    with pytest.raises(DataError, match=fault):
        texts.read_texts(path, stars=stars)


def test_what_may_surprise_is_remarked(tmp_path):
    """A rare class, and texts in another language."""
    german = [f"dieser Film Nummer {i} ist leider sehr schlecht und viel zu lang geworden" for i in range(10)]
    found = texts.read_texts(write(tmp_path, reviews([1, *[0] * 9], german).to_csv(index=False)))
    assert any("one class is rare: 10.0%" in remark for remark in found.audit)
    assert any("10 of 10 texts do not look English" in remark for remark in found.audit)


def test_texts_without_labels_are_read_once_each(tmp_path):
    path = write(tmp_path, pd.DataFrame({"review": ["a fine film", "a fine film", " ", None]}).to_csv(index=False))
    assert texts.read_unlabelled(path) == ["a fine film"]
