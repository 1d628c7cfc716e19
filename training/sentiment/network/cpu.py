"""Settings that make training a small recurrent network fast on a CPU. Import this before TensorFlow; the import applies them.

It also imports TensorFlow, without what that says while it starts.

Each operation uses one core, and independent operations (the two directions of an LSTM, two seeds) run in parallel. Freed
memory is kept, because each training step asks for the same large arrays again: returning them to the system and
requesting them anew took half of all time. (TensorFlow's generator datasets tell the C library to return all memory above
128 KiB.)
"""

import ctypes
import importlib
import os
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(os.cpu_count() or 1))
os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")

GLIBC = {"trim threshold": (-1, 2**31 - 1), "top pad": (-2, 1 << 28), "mmap threshold": (-3, 1 << 25)}  # mallopt(3)

if mallopt := getattr(ctypes.CDLL(None) if os.name == "posix" else None, "mallopt", None):
    for option, value in GLIBC.values():
        mallopt(option, value)


def _import_without_banner() -> None:
    """Import TensorFlow; what it says while it starts is passed on only if the import fails."""
    if "tensorflow" in sys.modules:
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            importlib.import_module("tensorflow").get_logger().setLevel("ERROR")  # no remarks on retracing
        except BaseException:
            said.seek(0)
            os.write(kept, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


_import_without_banner()
