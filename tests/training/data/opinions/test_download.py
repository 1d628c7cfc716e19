"""Original files are fetched at their commit, and written in the plain layout."""

import json
import re

import numpy as np
import pytest

from training.data.opinions import __main__ as command
from training.data.opinions import download, originals
from training.data.opinions.collection import read_collection
from training.data.opinions.originals import Record
from training.data.opinions.sets import BY_NAME
from training.data.tables import DataError, file_sha256
from training.data.texts import Texts

LINES = "".join(
    f"{i}_{j}\t{(-1) ** i * 1.5}\tit was number {i} and {j} of them\n" for i in range(200) for j in range(2)
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A downloader that knows some addresses by their ends; the others fail. Returns the addresses that were asked for."""
    asked, files = (
        [],
        {"tweets_GroundTruth.txt": LINES, "nytEditorialSnippets_GroundTruth.txt": "1_1\t0.1\tit is said\n"},
    )
    files["amazonReviewSnippets_GroundTruth.txt"] = "1_1\t-2.0\tit broke\n"

    def retrieve(url, known_hash, fname, cache, downloader):
        asked.append(url)
        if url.rsplit("/", 1)[-1] not in files:
            raise ConnectionError("no network")
        path = tmp_path / fname
        path.write_text(files[url.rsplit("/", 1)[-1]], "utf-8")
        return str(path)

    monkeypatch.setattr("pooch.retrieve", retrieve)
    return asked


def test_a_set_is_fetched_split_and_read_back(home, tmp_path):
    """Texts of one source stay in one part, and the origin of every file is noted."""
    out = tmp_path / "out"
    rows = download.download("vader_groundtruth", out / "vader_groundtruth")
    assert rows["train"] + rows["test"] == 402
    assert 0.12 < rows["test"] / 402 < 0.28
    collection = read_collection(out)
    test = collection.tests["vader_groundtruth"]
    sources = [
        {text.split()[3] for text, domain in zip(part.texts, part.domains, strict=True) if domain == "vader_tweets"}
        for part in (test, collection.train)
    ]
    assert not sources[0] & sources[1]
    assert test.targets[0].max() > 0.9
    origin = json.loads((out / "vader_groundtruth" / "origin.json").read_text("utf-8"))
    assert [each["url"] for each in origin] == home
    assert origin[0]["sha256"] == file_sha256(next(tmp_path.glob("*tweets_GroundTruth.txt")))


def test_files_are_named_by_a_commit():
    """So that they cannot change; the hash is known where its home states it."""
    for name, files in download.ORIGINALS.items():
        assert name in BY_NAME
        for original in files:
            assert re.fullmatch(r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{40}/.+", original.url)
            assert original.known_hash is None or re.fullmatch("md5:[0-9a-f]{32}", original.known_hash)


def test_a_file_of_another_format_is_named(home, tmp_path, monkeypatch):
    broken = download.Original("train", "a/b", "c" * 40, "tweets_GroundTruth.txt", originals.goemotions)
    monkeypatch.setattr(download, "ORIGINALS", {"goemotions": [broken]})
    with pytest.raises(DataError, match=r"https://.*tweets_GroundTruth\.txt: not in the format"):
        download.download("goemotions", tmp_path / "goemotions")


def test_equal_files_have_equal_bytes(tmp_path):
    """A compressed file has no time in it."""
    records = [Record("so good", 1, "x"), Record("at noon", None, "x")]
    hashes = set()
    for name in ("a", "b"):
        assert download.write(tmp_path / name, "train", records) == 2
        hashes.add(file_sha256(tmp_path / name / "train.csv.gz"))
    assert len(hashes) == 1


def test_the_command_fetches_and_lists_the_rest(home, tmp_path, capsys):
    """A set that has no public file is listed with its home; a second run keeps what is there."""
    line = ["--out", str(tmp_path / "out"), "--sets", "vader_groundtruth", "newsmtsc"]
    assert command.main(line) == 0
    told = capsys.readouterr().out
    assert "vader_groundtruth: train " in told
    assert "newsmtsc (political news): https://github.com/fhamborg/NewsMTSC, licence: MIT" in told
    assert command.main(line) == 0
    assert "vader_groundtruth: kept" in capsys.readouterr().out
    assert len(home) == 3


def test_the_command_fails_if_a_set_cannot_be_fetched(home, tmp_path, capsys):
    assert command.main(["--out", str(tmp_path / "out"), "--sets", "sst", "imdb"]) == 1
    told = capsys.readouterr()
    assert "sst: https://raw.githubusercontent.com/" in told.err
    assert "cannot be fetched (ConnectionError); pass the file yourself" in told.err
    assert "imdb (reviews of films): https://ai.stanford.edu" in told.out
    assert not (tmp_path / "out" / "sst").exists()


def test_reviews_are_written_with_those_without_labels(home, tmp_path, monkeypatch):
    def fetch_reviews():
        texts = [f"the film of number {i} was {'good' if i % 2 else 'bad'}" for i in range(60)]
        return made_up(texts), ["another one"], made_up(["so  good", "so bad"])

    monkeypatch.setattr(download, "fetch_reviews", fetch_reviews)
    assert download.download("imdb", tmp_path / "imdb") == {"train": 60, "test": 2, "unsup": 1}
    collection = read_collection(tmp_path)
    assert (len(collection.tests["imdb"]), collection.unlabelled) == (2, ["another one"])


def made_up(rows):
    labels = np.arange(len(rows)) % 2
    return Texts(rows, labels, ("negative", "positive"), {}, "made up", "")
