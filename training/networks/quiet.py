"""TensorFlow imported without its banners: lines about the processor and its own log, which say nothing of the run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def standard_error_dropped() -> Iterator[None]:
    """Send what native code writes to standard error to nowhere, for the time of an import."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def import_tensorflow() -> None:
    """Import TensorFlow; what fails is raised as ever."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    with standard_error_dropped():
        import keras
        import tensorflow  # noqa: F401 - later imports find it

        keras.backend.backend()
