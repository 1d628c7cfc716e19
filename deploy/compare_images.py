"""Two container images side by side: `python3 deploy/compare_images.py gatecast:slim gatecast:slim-again`.

Build an image twice (`docker build --no-cache`, another checkout, another day) and see what still differs: layers, the
configuration, and for each file its kind, mode, owner, content and time. Exits with 0 if all but times are equal, with 1 otherwise;
`--times` counts times too. Needs docker and nothing else.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
from typing import Any, NamedTuple

# docker makes these for the container that is exported; they are in no image
OF_THE_CONTAINER = frozenset(
    [".dockerenv", "dev/console", "dev/pts", "dev/shm", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"]
)
DATED_BY_THE_CONTAINER = frozenset(["dev", "etc"])  # as docker puts files into them
SHOWN = 20


class Entry(NamedTuple):
    """A file of an image."""

    kind: bytes
    mode: str
    owner: str
    target: str
    sha256: str
    time: int


def main() -> int:
    """Compare the images of the command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Compare two container images file by file.")
    parser.add_argument("images", nargs=2)
    parser.add_argument("--times", action="store_true", help="count times of files as differences too")
    options = parser.parse_args()
    first, second = (entries(image) for image in options.images)
    equal_layers = layers(*options.images)
    faults = configuration(*options.images) + names(first, second)
    times = []
    for name in sorted(first.keys() & second.keys()):
        for field in Entry._fields:
            if getattr(first[name], field) != getattr(second[name], field):
                (times if field == "time" else faults).append(
                    f"{field} of /{name}: {getattr(first[name], field)!r}, {getattr(second[name], field)!r}"
                )
    print(f"{len(first)} and {len(second)} files; {equal_layers}")
    show("differences", faults)
    show("differences of time alone", times)
    return int(bool(faults or (options.times and times)))


def entries(image: str) -> dict[str, Entry]:
    """Return all files of an image by name."""
    container = docker("create", image, "none").strip()
    try:
        with (
            subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export,
            tarfile.open(fileobj=export.stdout, mode="r|") as archive,
        ):
            found = {member.name: entry(archive, member) for member in archive}
    finally:
        docker("rm", container)
    return {
        name: each._replace(time=0) if name in DATED_BY_THE_CONTAINER else each
        for name, each in found.items()
        if name not in OF_THE_CONTAINER and name != "."
    }


def entry(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    """Return what counts of one file."""
    content = archive.extractfile(member) if member.isfile() else None
    digest = hashlib.file_digest(content, "sha256").hexdigest() if content else ""  # type: ignore[arg-type]
    return Entry(
        member.type, f"{member.mode:o}", f"{member.uid}:{member.gid}", member.linkname, digest, int(member.mtime)
    )


def layers(first: str, second: str) -> str:
    """Return how many layers are the same to the last bit."""
    a, b = (inspect(image)["RootFS"]["Layers"] for image in (first, second))
    return f"{sum(x == y for x, y in zip(a, b, strict=False))} of {max(len(a), len(b))} layers are identical"


def configuration(first: str, second: str) -> list[str]:
    """Return the differences of what the images say of themselves."""
    a, b = (inspect(image)["Config"] for image in (first, second))
    keys = sorted((a.keys() | b.keys()) - {"Hostname", "Image"})
    return [f"configuration {key}: {a.get(key)!r}, {b.get(key)!r}" for key in keys if a.get(key) != b.get(key)]


def names(first: dict[str, Entry], second: dict[str, Entry]) -> list[str]:
    """Return the files that only one image has."""
    return [f"only in the first: /{n}" for n in sorted(first.keys() - second.keys())] + [
        f"only in the second: /{n}" for n in sorted(second.keys() - first.keys())
    ]


def show(title: str, found: list[str]) -> None:
    """Print differences, the first ones only if there are many."""
    print(f"{title}: {len(found)}")
    for each in found[:SHOWN]:
        print(f"  {each}")
    if len(found) > SHOWN:
        print(f"  … and {len(found) - SHOWN} more")


def inspect(image: str) -> Any:
    """Return what docker knows of an image."""
    return json.loads(docker("image", "inspect", image))[0]


def docker(*arguments: str) -> str:
    """Run docker, and return its output."""
    return subprocess.run(["docker", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
