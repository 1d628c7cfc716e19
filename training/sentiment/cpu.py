"""Settings for training a small recurrent network on a CPU, in force once this is imported; TensorFlow must come after.

One operation keeps to one core, and independent ones (an LSTM's two directions, two seeds) run side by side. Memory that is
freed is kept: a training step asks for the same large arrays again, and giving them back to the system and getting them
anew took half of all time (TensorFlow's generator data sets tell the C library to give back whatever exceeds 128 KiB).
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
