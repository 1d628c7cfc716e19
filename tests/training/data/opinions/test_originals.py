"""The original formats are read as records. All texts here are made up."""

import io
import json
import zipfile

import pytest

from training.data.opinions import originals
from training.data.opinions.originals import Record
from training.data.tables import DataError


def archive(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, text in files.items():
            file.writestr(f"set/{name}.txt", text)
    return content.getvalue()


def test_mean_ratings_are_read_with_their_sources():
    read = originals.vader("tweets")
    assert read(b"12_1\t1.5\tnice &amp; warm\n12_2\t-0.4\tit\train\n13\t-0.5\tmeh") == [
        Record("nice & warm", 1, "tweets", 1.5, "12"),
        Record("it\train", None, "tweets", -0.4, "12"),
        Record("meh", 0, "tweets", -0.5, "13"),
    ]


def test_emotions_are_read_as_opinions():
    """Ambiguous ones and those of both signs are left out; neutral beside an opinion does not count."""
    lines = ["I like it\t3\tid1", "I like\tit not\t1,2\tid2", "it is\t2\tid3", "is it?\t0,3\tid4", "so so\t1,3\tid5"]
    found = originals.goemotions("\n".join(lines).encode())
    assert [(record.text, record.label) for record in found] == [
        ("I like it", 1),
        ("I like\tit not", 0),
        ("it is", None),
    ]


def test_edited_reviews_are_read():
    content = b'Sentiment\tText\nNegative\t"so ""bad"""\nPositive\tso good\n'
    assert [(r.text, r.label) for r in originals.counterfactual(content)] == [('so "bad"', 0), ("so good", 1)]


TREES = b"(3 (2 It) (4 (3 (2 really) (3 works)) (2 .)))\n(2 (2 It) (2 rains))\n"


def test_sentences_of_trees_are_read_with_their_level():
    assert originals.sst(TREES) == [
        Record("It really works.", 1, "film", 3),
        Record("It rains", None, "film", 2),
    ]


def test_phrases_with_an_opinion_are_read_once():
    found = originals.sst_phrases(TREES + TREES)
    assert found == [Record("really works", 1, "film_phrase", 3), Record("really works.", 1, "film_phrase", 4)]


def test_sentences_with_the_polarity_of_expressions_are_read():
    """Without an expression they are neutral; with both polarities they are left out."""
    sentences = [
        {"text": "It isn 't clean .", "opinions": [{"Polarity": "Negative"}, {"Polarity": "Negative"}]},
        {"text": "We came .", "opinions": []},
        {"text": "Small but fine", "opinions": [{"Polarity": "Negative"}, {"Polarity": "Positive"}]},
    ]
    found = originals.opener(json.dumps(sentences).encode())
    assert [(record.text, record.label) for record in found] == [("It isn't clean.", 0), ("We came.", None)]


def test_product_reviews_are_read_by_product():
    """Titles, comments and sentences with both signs are left out."""
    text = "* a comment\n[t]my title\nlens[+2], zoom[+1][u]##sharp it is\n##I took it along\nlens[+1],size[-2]##good, big\n"
    content = archive(**{"Camera X-1": text + "size[-1][p]##too big", "README": "a[+1]##no review"})
    assert originals.product_reviews(content) == [
        Record("sharp it is", 1, "product_camera_x_1"),
        Record("I took it along", None, "product_camera_x_1"),
        Record("too big", 0, "product_camera_x_1"),
    ]


def test_pros_and_cons_are_read():
    content = archive(IntegratedPros="<Pros>light, cheap</Pros>\n\n", IntegratedCons=" <Cons>gets hot</Cons>")
    found = originals.pros_cons(content)
    assert [(record.text, record.label) for record in found] == [("light, cheap", 1), ("gets hot", 0)]


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (originals.vader("tweets"), b"1 0.5 no tabs"),
        (originals.vader("tweets"), b"1\tmuch\tno number"),
        (originals.vader("tweets"), b""),
        (originals.goemotions, b"no tabs"),
        (originals.goemotions, b"\xff\tx\ty"),
        (originals.counterfactual, b"a\tb\n1\t2\n"),
        (originals.sst, b"It works\n"),
        (originals.sst, b"(7 (2 It) (2 works))\n"),
        (originals.opener, b"[{}]"),
        (originals.opener, b'{"text": 1}'),
        (originals.product_reviews, b"no archive"),
        (originals.pros_cons, archive(IntegratedPros="nothing marked")),
    ],
)
def test_other_formats_are_refused(read, content):
    with pytest.raises(DataError, match="not in the format of the original"):
        read(content)


def test_large_members_of_an_archive_are_refused(monkeypatch):
    monkeypatch.setattr(originals, "MAX_MEMBER_BYTES", 10)
    with pytest.raises(DataError, match=r"IntegratedPros\.txt is larger than 10 bytes"):
        originals.pros_cons(archive(IntegratedPros="<Pros>light, cheap</Pros>"))
