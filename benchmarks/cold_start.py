"""How long a new Python process takes from its start to its first forecast: import, load with all checks, forecast.

python -m benchmarks.cold_start              # --runs 5
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.files import ROOT

CODE = """
import sys
import service as gatecast
forecast = gatecast.load("models/universal").forecast([float(n % 12) + n / 50 for n in range(60)], 12)
assert len(forecast) == 12 and "tensorflow" not in sys.modules
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the median and the range of the wall time, in seconds."""
    parser = argparse.ArgumentParser(description="from the start of a process to its first forecast")
    parser.add_argument("--runs", type=int, default=5)
    times: list[float] = []
    for _ in range(parser.parse_args(arguments).runs):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, check=True)
        times.append(time.perf_counter() - begin)
    print(f"cold start: median {statistics.median(times):.2f} s, from {min(times):.2f} to {max(times):.2f} s")


if __name__ == "__main__":
    main()
