"""Pretrained weights in a file."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow
TEXTS = [f"the film was {word} and long" for word in ("good", "bad", "good", "dull", "bad", "dull")]


@pytest.fixture
def quiet():
    from rich.console import Console

    return Console(quiet=True)


def test_pretrained_weights_are_read_again_for_the_same_texts_only(tmp_path, quiet):
    """Other texts, another vocabulary, and files of another kind are errors."""
    from training.data.tables import DataError
    from training.sentiment.initialization import from_texts

    file = tmp_path / "runs" / "start.npz"
    first = from_texts(TEXTS, 20, 0, quiet, file)
    second = from_texts(TEXTS, 20, 0, quiet, file)
    assert second.words == first.words
    np.testing.assert_array_equal(second.layers["vectors"][0], first.layers["vectors"][0])
    for texts, vocabulary in ((TEXTS[1:], 20), (TEXTS, 10)):
        with pytest.raises(DataError, match="made from other texts"):
            from_texts(texts, vocabulary, 0, quiet, file)
    for content in (b"PK nothing", b"", b"\x93NUMPY\x01\x00"):
        file.write_bytes(content)
        with pytest.raises(DataError, match="is not a file of pretrained weights"):
            from_texts(TEXTS, 20, 0, quiet, file)
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_cannot_be_written_is_an_error_before_pretraining(tmp_path, quiet):
    from training.data.tables import DataError
    from training.sentiment.initialization import from_texts

    (tmp_path / "runs").write_text("a file in the place of a directory")
    with pytest.raises(DataError, match="cannot be written"):
        from_texts(TEXTS, 20, 0, quiet, tmp_path / "runs" / "start.npz")


def test_a_directory_without_a_version_cannot_be_started_from(tmp_path):
    from training.data.tables import DataError
    from training.sentiment.initialization import from_version

    with pytest.raises(DataError, match="cannot be started from"):
        from_version(tmp_path)
