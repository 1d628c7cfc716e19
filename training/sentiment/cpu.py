"""Settings that make training a small recurrent network fast on a CPU. Import this before TensorFlow; the import applies them.

Each operation uses one core, and independent operations (the two directions of an LSTM, two seeds) run in parallel. Freed
memory is kept, because each training step asks for the same large arrays again: returning them to the system and
requesting them anew took half of all time. (TensorFlow's generator datasets tell the C library to return all memory above
128 KiB.)
"""

import ctypes
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(os.cpu_count() or 1))
os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")

GLIBC = {"trim threshold": (-1, 2**31 - 1), "top pad": (-2, 1 << 28), "mmap threshold": (-3, 1 << 25)}  # mallopt(3)

if mallopt := getattr(ctypes.CDLL(None) if os.name == "posix" else None, "mallopt", None):
    for option, value in GLIBC.values():
        mallopt(option, value)
