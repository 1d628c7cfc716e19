"""The memory that the container may use, and what it uses, by its control group (version 1 or 2)."""

import math
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..measures import Measures

CGROUPS = Path("/proc/self/cgroup")
ROOT = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60  # bytes; version 1 writes a huge number where there is no limit


class Files(NamedTuple):
    """The names of a group's files, and of the line for pages of files that have not been used for long."""

    limit: str
    used: str
    inactive: str


VERSION_1 = Files("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
VERSION_2 = Files("memory.max", "memory.current", "inactive_file")


class MemoryGroup(NamedTuple):
    """The control group that limits the memory."""

    limit: int
    directory: Path
    files: Files

    def used(self) -> int | None:
        """Bytes that the kernel cannot drop at once, as Kubernetes counts them; None if they cannot be read."""
        used = _read(self.directory / self.files.used)
        return None if used is None else max(0, used - self._inactive())

    def _inactive(self) -> int:
        try:
            lines = (self.directory / "memory.stat").read_text().splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) for line in lines if line.startswith(f"{self.files.inactive} ")), 0)


def publish_memory(measures: Measures, group: MemoryGroup | None = None) -> None:
    """Publish the limit and what is used of it; nothing without a limit. Pages that processes share count once."""
    if (group := group or limiting_group()) is None:
        return
    limit = measures.gauge("gatecast_memory_limit_bytes", "the memory that the container may use", merge="min")
    limit.labels().set(group.limit)
    meaning = "the memory that the container uses, without pages of files that can be dropped"
    used = measures.gauge("gatecast_memory_used_bytes", meaning, merge="max").labels()

    def publish() -> None:
        now = group.used()
        used.set(math.nan if now is None else now)

    measures.publish_by(publish)


def limiting_group(groups: Path = CGROUPS, root: Path = ROOT) -> MemoryGroup | None:
    """Return the group with the smallest limit, of this process's own and of those that hold it; None without a limit."""
    found = [
        MemoryGroup(limit, directory, files)
        for directory, files in _directories(groups, root)
        if (limit := _read(directory / files.limit)) is not None
    ]
    return min(found, key=lambda group: group.limit, default=None)


def _directories(groups: Path, root: Path) -> Iterator[tuple[Path, Files]]:
    """All groups from the process's own to the outermost. In a container the outer ones are not there."""
    try:
        lines = groups.read_text(errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            base, files = root, VERSION_2
        elif "memory" in controllers.split(","):
            base, files = root / "memory", VERSION_1
        else:
            continue
        group = PurePosixPath("/", path).relative_to("/")
        yield from ((base / part, files) for part in (group, *group.parents))


def _read(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and int(text) < UNLIMITED else None
