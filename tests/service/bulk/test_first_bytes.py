"""What the first bytes of an input say: what packed it, which format and which encoding it has."""

import bz2

import pytest

from service.bulk.errors import UnreadableInput
from service.bulk.formats import Dialect
from service.bulk.reading.source import open_source
from tests.service.bulk.helpers import done, texts_job


@pytest.mark.parametrize("content", [bz2.compress(b"body\nx\n"), bz2.compress(b"")], ids=["text", "nothing"])
def test_bzip2_is_refused(tmp_path, content):
    """Also of nothing."""
    (tmp_path / "in.csv").write_bytes(content)
    with pytest.raises(UnreadableInput, match=r"compressed with bzip2.*bzip2 -dc FILE"):
        open_source(str(tmp_path / "in.csv"))


@pytest.mark.parametrize("column", ["BZh", "BZh9", "BZh91AY", "PK3", "PAR1"])
def test_a_text_that_begins_as_a_compressed_file_is_read(tmp_path, column):
    """The name of a column may be that of a format. Nothing but the content says what this file is."""
    (tmp_path / "in").write_text(f"{column},body\n1,abc\n")
    progress, _ = done(texts_job(tmp_path / "in", tmp_path / "out.csv"))
    assert (progress.read, progress.errors) == (1, 0)


@pytest.mark.parametrize("encoding", ["utf-16", "UTF16", "utf_16", "u16"])
def test_utf_16_has_several_names(tmp_path, encoding):
    """All that Python knows."""
    (tmp_path / "in.csv").write_text("body\nabc\n", "utf-16")
    progress, _ = done(texts_job(tmp_path / "in.csv", tmp_path / "out.csv", dialect=Dialect(encoding=encoding)))
    assert (progress.read, progress.errors) == (1, 0)
