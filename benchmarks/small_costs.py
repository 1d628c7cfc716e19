"""What versions and rates cost: a look at a models directory, the choice of a canary, a token of a bucket.

    python -m benchmarks.small_costs --models models --versions 500

It loads no model and sends nothing. Times are of the processor, the least of five rounds.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from service.http.host import OwnMemory
from service.http.shared_buckets import SharedTokenBuckets
from service.http.shared_table import size_for
from service.http.token_buckets import MAX_CALLERS, Buckets, Limit, TokenBuckets
from service.serving.arms import is_chosen
from service.serving.listing import NOTHING_SEEN, list_versions
from service.workers.inheritance import make_memory
from service.workers.shared_memory import NamedMemory

ROUNDS = 5
CALLS = 20_000
LIMIT = Limit.of(1e6, 10)  # never reached


def main() -> None:
    """Print a line for each cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"), help="the smallest version there is copied")
    parser.add_argument("--versions", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        look_at(Path(directory), smallest_version(options.models), options.versions)
    report("the choice of a canary", per_call(lambda: is_chosen("gru", "0123456789abcdef", 5.0)))
    for name, buckets in all_buckets().items():
        report(f"a token, {name}", per_call(lambda buckets=buckets: take(buckets)))  # type: ignore[misc]


def look_at(models_dir: Path, version: Path, count: int) -> None:
    """Copy a version so many times, ten to a model, and look."""
    for number in range(count):
        shutil.copytree(version, models_dir / f"model{number // 10}" / f"{number % 10 + 1}")
    began = time.process_time()
    seen = list_versions(models_dir, NOTHING_SEEN, {})
    report(f"the first look at {count} versions", time.process_time() - began)
    began = time.process_time()
    seen = list_versions(models_dir, seen, {})
    report(f"the second, with all checksums of {count} versions", time.process_time() - began)
    report(f"each look after that at {count} versions", least(lambda: list_versions(models_dir, seen, {})))


def smallest_version(models_dir: Path) -> Path:
    """The version with the fewest bytes."""
    versions = [path for path in models_dir.glob("*/*") if path.is_dir()]
    return min(versions, key=lambda path: sum(file.stat().st_size for file in path.rglob("*")))


def all_buckets() -> dict[str, Buckets]:
    """Buckets as they are used, and the shared ones without the lock."""
    size = size_for(MAX_CALLERS)
    return {
        "one process": TokenBuckets(),
        "several workers": SharedTokenBuckets(NamedMemory(make_memory("rates", size), size), 0, MAX_CALLERS),
        "several workers, without the lock": SharedTokenBuckets(OwnMemory(size), 0, MAX_CALLERS),
    }


def take(buckets: Buckets) -> None:
    buckets.take("203.0.113.7", 1, LIMIT, time.monotonic())


def per_call(call: Callable[[], object]) -> float:
    """Seconds of one call."""

    def calls() -> None:
        for _ in range(CALLS):
            call()

    return least(calls) / CALLS


def least(work: Callable[[], object]) -> float:
    """The least processor time of some rounds."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def report(what: str, seconds: float) -> None:
    print(f"{what}: {seconds * 1e3:.1f} ms" if seconds > 1e-3 else f"{what}: {seconds * 1e6:.1f} µs")


if __name__ == "__main__":
    main()
