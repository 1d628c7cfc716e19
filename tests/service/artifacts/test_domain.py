"""`domain.npy`: read with limits, refused with the file and the fault."""

import io

import numpy as np
import pytest

from service.artifacts import domain
from service.artifacts.files import BundleError

STEPS = np.array([0, -5, 127, -128, 7], np.int8)


def npy(array, version=(1, 0), allow_pickle=False):
    content = io.BytesIO()
    np.lib.format.write_array(content, array, version=version, allow_pickle=allow_pickle)
    return content.getvalue()


def test_the_numbers_of_the_words_survive_a_file(tmp_path):
    """One for each word of the vocabulary."""
    (tmp_path / domain.FILE).write_bytes(domain.to_bytes(STEPS))
    assert domain.read(tmp_path / domain.FILE, 5).tolist() == STEPS.tolist()


HUGE = npy(STEPS).replace(b"(5,), }             ", b"(1000000000000,), } ")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        npy(STEPS)[:40],
        npy(STEPS)[:-1],
        npy(STEPS) + b"\0",
        npy(STEPS, version=(2, 0)),
        npy(STEPS[:4]),
        npy(STEPS.astype(np.float64)),
        npy(STEPS[None]),
        npy(np.array([print] * 5, dtype=object), allow_pickle=True),
        npy(STEPS).replace(b"'|i1'", b"'|O1'"),
        npy(STEPS).replace(b"{", b"("),
        HUGE,
        b"\0" * (5 << 20),
    ],
    ids=lambda content: f"{len(content)} bytes",
)
def test_a_file_of_another_form_is_refused(tmp_path, content):
    """None of them is unpickled, or makes an array larger than the file."""
    (tmp_path / domain.FILE).write_bytes(content)
    with pytest.raises(BundleError, match=r"domain\.npy"):
        domain.read(tmp_path / domain.FILE, 5)


def test_a_file_that_is_missing_is_refused(tmp_path):
    """The card says that there is one."""
    with pytest.raises(BundleError, match=r"domain\.npy cannot be read"):
        domain.read(tmp_path / domain.FILE, 5)
