"""Labelled texts as people export them: other dialects, gaps, flags, ratings, titles, and files without a header."""

import contextlib

import pandas as pd
import pytest
from hypothesis import given

from tests import broken_files, workbooks
from tests.csv_files import write, write_table
from training.data.tables import DataError, FileOptions
from training.data.texts import read_texts, read_unlabelled

GOOD, BAD = "a good, small lamp number {}", "the lamp; it broke at once, number {}"


def rows(count=20, good="pos", bad="neg"):
    return [(text.format(i), label) for i in range(count) for text, label in ((GOOD, good), (BAD, bad))]


def frame(count=20, good="pos", bad="neg", **columns):
    return pd.DataFrame(rows(count, good, bad), columns=["text", "label"]).assign(**columns)


def test_tabs_with_commas_and_a_header_of_other_names(tmp_path):
    result = read_texts(write(tmp_path, "phrase\tmood\n" + "".join("\t".join(row) + "\n" for row in rows())))
    assert result.columns == {"text": "phrase", "label": "mood"}
    assert result.counts == {"negative": 20, "positive": 20}
    assert result.understood["file"] == "text, tabs between columns, UTF-8"
    assert result.understood["labels"] == "column 'mood': its values are opinions"


def test_a_file_without_a_header_keeps_its_first_row(tmp_path):
    text = "".join(f'"{text}",{label}\n' for text, label in rows())
    result = read_texts(write(tmp_path, text))
    assert (len(result), result.texts[0]) == (40, GOOD.format(0))
    assert result.columns == {"text": "column 1", "label": "column 2"}
    assert result.understood["header"].startswith("none: line 1 looks like the rows below it")


def test_a_workbook_of_texts_is_read(tmp_path):
    path = workbooks.write_xlsx(
        tmp_path / "my.xlsx", {"Reviews": [["review", "sentiment"], *map(list, rows(good=1, bad=0))]}
    )
    assert read_texts(path).counts == {"negative": 20, "positive": 20}


def test_rows_that_a_quote_swallowed_are_read_and_said(tmp_path):
    lines = [f"a lamp number {i}\t{'pos' if i % 2 else 'neg'}\n" for i in range(120)]
    lines[30], lines[93] = f'"{lines[30]}', lines[93].replace("lamp", 'lamp"')
    result = read_texts(write(tmp_path, "text\tlabel\n" + "".join(lines)))
    assert len(result) == 120
    assert "line 32) would swallow 64 rows" in result.understood["quotes"]


def test_labels_that_differ_in_case_are_one_class(tmp_path):
    table = frame()
    table.loc[::4, "label"] = "Pos"
    result = read_texts(write_table(tmp_path, table))
    assert result.classes == ("negative", "positive")
    assert result.understood["classes"] == "'neg' → negative (20), 'pos' → positive (20); from negative to positive"


@pytest.mark.parametrize("flag", ["verified_purchase", "is_helpful", "vine", "hasImage"])
def test_a_flag_is_never_the_label(tmp_path, flag):
    """With ratings beside it the error asks for --stars; alone beside the texts it is refused too."""
    table = frame(**{flag: ["True", "False"] * 20})
    rated = table.drop(columns="label").assign(rating=[1, 5, 2, 4, 3] * 8)
    with pytest.raises(DataError, match=r"'rating' are the numbers 1, 2, 3, 4, 5, .* give --stars 2 4"):
        read_texts(write_table(tmp_path, rated))
    result = read_texts(write_table(tmp_path, rated), stars=(2, 4))
    assert result.columns["label"] == "rating"
    with pytest.raises(DataError, match="cannot tell the label column"):
        read_texts(write_table(tmp_path, table[["text", flag]]))


@pytest.mark.parametrize("written", ["{}", "{}.0", "{},0", "{} stars", "{}/5", "{} out of 5"])
def test_ratings_are_read_as_people_write_them(tmp_path, written):
    table = frame(label=[written.format(i % 5 + 1) for i in range(40)])
    path = write_table(tmp_path, table)
    assert read_texts(path, stars=(2, 4)).counts == {"negative": 16, "positive": 16}
    if "," not in written:
        with pytest.raises(DataError, match="For ratings give --stars 2 4"):
            read_texts(path)


def test_a_third_class_is_read_with_its_name(tmp_path):
    table = frame()
    table.loc[:9, "label"] = "mixed"
    result = read_texts(write_table(tmp_path, table))
    assert result.classes == ("neg", "mixed", "pos")
    assert result.poles == ("neg", "pos")


def test_the_text_is_read_and_a_title_is_named(tmp_path):
    table = frame(title=["A very nice lamp for everyone who wants a lamp"] * 40)
    result = read_texts(write_table(tmp_path, table))
    assert result.columns["text"] == "text"
    assert (
        result.understood["texts"]
        == "column 'text': its name says so, 7 words on average; texts in 'title' are not read"
    )


def test_columns_that_match_equally_well_are_refused_with_the_option(tmp_path):
    both = frame().rename(columns={"text": "pros"}).assign(cons=[text for text, _ in reversed(rows())])
    with pytest.raises(DataError, match="'pros' and 'cons' may be the texts; name one with --text-column"):
        read_texts(write_table(tmp_path, both))
    with pytest.raises(DataError, match="'label' and 'sentiment' may be it; name it with --label-column"):
        read_texts(write_table(tmp_path, frame(sentiment=["x", "y"] * 20)))


def test_a_few_gaps_are_left_out_and_named(tmp_path):
    table = frame()
    table.loc[3, "text"] = None
    table.loc[7, "label"] = "NaN"
    result = read_texts(write_table(tmp_path, table))
    assert len(result) == 38
    assert result.audit[:2] == [
        "1 row without a value in 'text' was left out: row 5",
        "1 row without a value in 'label' was left out: row 9",
    ]
    assert result.understood["rows"].startswith("40 read, 38 kept; 1 row without")


def test_many_gaps_are_refused_with_their_rows(tmp_path):
    table = frame()
    table.loc[:2, "label"] = None
    with pytest.raises(
        DataError, match=r"'label' is empty in rows 2, 3, 4 \(3 of 40; up to 5 % are left out\); .* --unlabelled"
    ):
        read_texts(write_table(tmp_path, table))


def test_tags_and_entities_stay_in_the_texts(tmp_path):
    table = frame()
    table.loc[0, "text"] = "it&#39;s<br />so good"
    assert read_texts(write_table(tmp_path, table)).texts[0] == "it&#39;s<br />so good"


def test_the_page_of_what_was_understood_says_all_that_was_decided(tmp_path):
    path = write_table(tmp_path, pd.concat([frame(), frame(1)]))
    understood = read_texts(path).understood
    assert list(understood) == ["file", "header", "texts", "labels", "classes", "rows", "language"]
    assert understood["rows"] == "42 read, 40 kept; 2 duplicates were dropped"
    assert understood["language"] == "0 of 40 texts (0.0 %) do not look English"


def test_options_of_the_file_are_obeyed(tmp_path):
    path = write(tmp_path, "".join(f"{text}^{label}\n" for text, label in rows()))
    assert len(read_texts(path, options=FileOptions(delimiter="^"))) == 40
    assert len(read_texts(path, options=FileOptions(delimiter="^", header=True))) == 39


def test_a_file_of_one_column_holds_nothing_but_texts(tmp_path):
    """Commas in the texts are no delimiters, with a header and without."""
    path = write(tmp_path, "Good film\nI like it, a lot\nso, so, so bad it was\n")
    assert read_unlabelled(path) == ["Good film", "I like it, a lot", "so, so, so bad it was"]
    assert read_unlabelled(write(tmp_path, "review\nI like it, a lot\n")) == ["I like it, a lot"]


@broken_files.fuzz(few=30)
@given(data=broken_files.files())
def test_a_broken_file_of_texts_is_read_or_refused(tmp_path_factory, data):
    """GATECAST_FUZZ=5000 makes more files."""
    path = tmp_path_factory.getbasetemp() / "broken.csv"
    path.write_bytes(data)
    for stars in (None, (2.0, 4.0)):
        with contextlib.suppress(DataError):
            texts = read_texts(path, stars=stars)
            assert len(texts.labels) == len(texts) == len(set(texts.texts)) > 0
    with contextlib.suppress(DataError):
        assert all(map(str.strip, read_unlabelled(path)))
