"""How many cores this process may use: by its affinity, and by the CPU quota of its control group. A leaf."""

import os
from pathlib import Path

CGROUP_V2 = Path("/sys/fs/cgroup")
CGROUP_V1 = Path("/sys/fs/cgroup/cpu")
OWN_GROUP = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """The cores of the affinity, or fewer where a control group has a quota: whole ones, and at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota()
    return cores if quota is None else max(1, min(cores, int(quota)))


def cpu_quota(v2: Path = CGROUP_V2, v1: Path = CGROUP_V1, own_group: Path = OWN_GROUP) -> float | None:
    """The CPU seconds a second that the control group may use; None without a quota. That of a parent holds too."""
    quotas = [_quota_v2(group) for group in _with_parents(v2, _path(own_group, ""))]
    quotas += [_quota_v1(group) for group in _with_parents(v1, _path(own_group, "cpu"))]
    return min((quota for quota in quotas if quota is not None), default=None)


def _path(own_group: Path, controller: str) -> str:
    """The path of the control group of this process; "" where it is not known."""
    try:
        lines = own_group.read_text().splitlines()
    except (OSError, ValueError):
        return ""
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controller in controllers.split(","):
            return path.strip("/")
    return ""


def _with_parents(root: Path, path: str) -> list[Path]:
    """The directory of a control group and those of its parents; in a container the own one is often the root."""
    if ".." in path.split("/"):  # outside of what is mounted here
        return [root]
    group = root / path
    return [group, *[parent for parent in group.parents if parent.is_relative_to(root)]]


def _quota_v2(group: Path) -> float | None:
    """`max 100000` or `150000 100000`: microseconds of CPU time, and in how many microseconds."""
    try:
        quota, period = (group / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _quota_v1(group: Path) -> float | None:
    try:
        quota = int((group / "cpu.cfs_quota_us").read_text())
        return quota / int((group / "cpu.cfs_period_us").read_text()) if quota > 0 else None
    except (OSError, ValueError, ZeroDivisionError):
        return None
