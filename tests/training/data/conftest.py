"""Fixtures of the tests of data."""

import pytest


@pytest.fixture
def serve_download(monkeypatch):
    """Make the downloader return a given file, or fail without one."""

    def serve(path=None):
        def retrieve(url, known_hash, fname, cache, downloader):
            if path is None:
                raise ConnectionError("no network")
            return str(path)

        monkeypatch.setattr("pooch.retrieve", retrieve)

    return serve
