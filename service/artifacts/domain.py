"""`domain.npy` of a sentiment version: a number for each word of its vocabulary, see `DomainLimits` of the card."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .files import BundleError, read_bytes, refuse

FILE = "domain.npy"
MAX_DOMAIN_BYTES = 4 << 20
MAGIC = b"\x93NUMPY\x01\x00"  # of a .npy file of format 1.0

Steps = npt.NDArray[np.int8]


def to_bytes(steps: Steps) -> bytes:
    """Return the content of the file."""
    content = io.BytesIO()
    np.lib.format.write_array(content, steps, version=(1, 0), allow_pickle=False)
    return content.getvalue()


def read(path: Path, words: int, expected: str | None = None) -> Steps:
    """Read the numbers of a vocabulary of so many words; `expected` is the file's SHA-256. Raises BundleError.

    The header is checked before anything is made of it, so no file can ask for more memory than it has bytes.
    """
    content = read_bytes(path, MAX_DOMAIN_BYTES, expected)
    if not content.startswith(MAGIC):
        refuse(path, "is not a .npy file of format 1.0")
    file = io.BytesIO(content)
    file.seek(len(MAGIC))
    try:
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    except ValueError as error:
        raise BundleError(f"{path} is not a .npy file: {error}") from error
    if shape != (words,) or dtype != np.int8:
        refuse(path, f"has {dtype} of shape {shape}, not one int8 for each of the {words} words")
    if len(content) - file.tell() != words:
        refuse(path, f"has {len(content) - file.tell()} numbers, not {words}")
    return np.frombuffer(content, np.int8, offset=file.tell())
