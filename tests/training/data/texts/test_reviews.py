"""The default reviews are read from their archive."""

import io
import tarfile

import pytest

from training.data.tables import DataError
from training.data.texts import fetch_reviews


def test_without_a_network_the_default_reviews_are_an_error(serve_download):
    serve_download()
    with pytest.raises(DataError, match=r"cannot be fetched .* pass --data my\.csv"):
        fetch_reviews()


def test_the_archive_of_reviews_is_read_without_unpacking(tmp_path, serve_download):
    """Only files with a review's name are read; anything else in the archive is ignored."""
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
    serve_download(path)
    train, unlabelled, test = fetch_reviews()
    assert unlabelled == ["unlabelled", "a later one without a label"], "by number, which is the order of the films"
    assert sorted(train.texts) == ["a fine film", "a poor film"]
    assert train.source == "Large Movie Review Dataset v1.0, train"
    assert sorted(zip(test.texts, test.labels.tolist(), strict=True)) == [("a poor film", 0), ("another fine film", 1)]
    assert train.poles == ("negative", "positive")
