"""A file of the plain layout is read, or refused with the file and the rows."""

import gzip

import pytest

from training.data.opinions import layout
from training.data.opinions.sets import BY_NAME
from training.data.tables import DataError

CLOTHES = BY_NAME["womens_clothing"]


def write(directory, text, name="train.csv"):
    path = directory / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def test_labels_domains_and_neutral_texts_are_read(tmp_path):
    path = write(
        tmp_path, "text,label,domain,neutral\nso good,1,shoes,0\nso bad,0,hats,\n it came ,,hats,1\n", "train.csv.gz"
    )
    rows = layout.read_rows(path, BY_NAME["senti4sd_stackoverflow"])
    assert rows.texts == ["so good", "so bad", "it came"]
    assert rows.labels.tolist() == [2, 0, 1]
    assert rows.domains == ["shoes", "hats", "hats"]
    assert rows.targets.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_a_file_without_domains_has_the_set_as_its_domain(tmp_path):
    rows = layout.read_rows(write(tmp_path, "id,label,rating,text\n1,0,2,so bad\n"), BY_NAME["imdb"])
    assert (rows.texts, rows.domains) == (["so bad"], ["imdb"])


@pytest.mark.parametrize(
    ("name", "column", "grade", "likeliest"),
    [("vader_groundtruth", "score", "0.6", 0.57), ("sst", "fine", "3.0", 0.75), ("womens_clothing", "stars", "4", 0.8)],
)
def test_grades_give_graded_targets(tmp_path, name, column, grade, likeliest):
    rows = layout.read_rows(write(tmp_path, f"text,label,{column}\nso good,1,{grade}\n"), BY_NAME[name])
    assert rows.targets[0, 2] == pytest.approx(likeliest, abs=0.01)


def test_scores_of_another_scale_are_not_targets(tmp_path):
    """In reviews of products `score` sums up opinions on features."""
    rows = layout.read_rows(write(tmp_path, "text,label,score\nso good,1,18\n"), BY_NAME["product_hu_liu"])
    assert rows.targets.tolist() == [[0, 0, 1]]


def test_only_one_class_of_a_set_may_be_used(tmp_path):
    path = write(tmp_path, "text,label,neutral\nup it goes,1,0\nat noon,,1\ndown it goes,0,0\n")
    rows = layout.read_rows(path, BY_NAME["twitter_financial_news"])
    assert (rows.texts, rows.labels.tolist(), len(rows.targets), len(rows.domains)) == (["at noon"], [1], 1, 1)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("text,domain\na b,x\n", "has no column 'label'"),
        ("text,label\n", "has no rows"),
        ("text,label\nso good,1\n  ,1\n", "row 3: has no text"),
        ("text,label\nso good,2\n", "row 2: label must be 1"),
        ("text,label\nso good,\n", "row 2: label must be 1"),
        ("text,label,neutral\nso good,1,1\n", "row 2: label must be 1"),
        ("text,label,stars\nso good,1,6\n", "row 2: stars must be 1 to 5"),
        ("text,label,stars\nso good,1,many\n", "row 2: stars must be 1 to 5"),
        ("text,label\nso good,1\nbad,0,2,3\n", "cannot be read as a CSV"),
    ],
)
def test_rows_that_cannot_be_used_are_named(tmp_path, text, fault):
    with pytest.raises(DataError, match=rf"train\.csv: .*{fault}|train\.csv: {fault}"):
        layout.read_rows(write(tmp_path, text), CLOTHES)


@pytest.mark.parametrize(("limit", "value"), [("MAX_BYTES", 20), ("MAX_ROWS", 1), ("MAX_CHARACTERS", 5)])
def test_files_and_texts_are_bounded(tmp_path, monkeypatch, limit, value):
    """A small archive may hold a large file."""
    path = write(tmp_path, "text,label\nso good,1\nso bad,0\n", "train.csv.gz")
    monkeypatch.setattr(layout, limit, value)
    with pytest.raises(DataError, match=r"train\.csv\.gz: (larger than|rows 2, 3: has over)"):
        layout.read_rows(path, CLOTHES)


def test_a_broken_archive_is_refused(tmp_path):
    path = write(tmp_path, "text,label\nso good,1\n", "train.csv.gz")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"train\.csv\.gz: cannot be read"):
        layout.read_rows(path, CLOTHES)
