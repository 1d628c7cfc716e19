"""The memory that the container may use, by its control group (version 1 or 2)."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

CGROUPS = Path("/proc/self/cgroup")
ROOT = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60  # bytes; version 1 writes a huge number where there is no limit


def memory_limit(groups: Path = CGROUPS, root: Path = ROOT) -> int | None:
    """Return the smallest limit of this process's group and of those that hold it; None without one. Reads files."""
    limits = [limit for file in _limit_files(groups, root) if (limit := _read(file)) is not None]
    return min(limits, default=None)


def _limit_files(groups: Path, root: Path) -> Iterator[Path]:
    """The files of all groups from the process's own to the outermost. In a container the outer ones are not there."""
    try:
        lines = groups.read_text(errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            base, name = root, "memory.max"
        elif "memory" in controllers.split(","):
            base, name = root / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = PurePosixPath("/", path).relative_to("/")
        yield from (base / part / name for part in (group, *group.parents))


def _read(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and int(text) < UNLIMITED else None
