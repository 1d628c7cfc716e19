"""Fetch the sets of opinions that are at public homes, and say how the others can be had.

    python -m training.data.opinions --out DIR                  # all that can be fetched
    python -m training.data.opinions --out DIR --sets sst       # these

Sets that DIR has already are kept. What each set is, its licence and its home are in sets.py; read the licences first.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from training.data.opinions.download import FETCHED, download
from training.data.opinions.layout import find_file
from training.data.opinions.sets import BY_NAME, SETS, OpinionSet
from training.data.tables import DataError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit status: 1 if a set could not be fetched."""
    parser = argparse.ArgumentParser(prog="python -m training.data.opinions", description="Fetch sets of opinions.")
    parser.add_argument("--out", type=Path, required=True, help="directory to write to, one directory a set")
    parser.add_argument(
        "--sets", nargs="+", choices=sorted(BY_NAME), default=[each.name for each in SETS], metavar="SET"
    )
    arguments = parser.parse_args(argv)
    chosen = [BY_NAME[name] for name in arguments.sets]
    failed = [each for each in chosen if not _obtain(each, arguments.out)]
    if failed:
        print("\nBy hand, as DIR/SET/train.csv with the columns text, label and domain:")
    for each in failed:
        print(f"  {each.name} ({each.domain}): {each.home}, licence: {each.licence or 'none stated'}")
    return int(any(each.name in FETCHED for each in failed))


def _obtain(each: OpinionSet, directory: Path) -> bool:
    """Fetch a set unless it is there, and say so. Return whether it is there now."""
    target = directory / each.name
    if file := find_file(target, "train"):
        print(f"{each.name}: kept {file}")
        return True
    if each.name not in FETCHED:
        return False
    try:
        rows = download(each.name, target)
    except DataError as error:
        print(f"{each.name}: {error}", file=sys.stderr)
        return False
    counts = ", ".join(f"{part} {count:,}" for part, count in rows.items())
    print(f"{each.name}: {counts} (licence: {each.licence or 'none stated'})")
    return True


if __name__ == "__main__":
    sys.exit(main())
