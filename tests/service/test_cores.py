"""Cores by affinity and by the quotas of control groups, of both versions."""

import os

import pytest

from service import cores
from service.cores import cpu_quota, usable_cores


def quota(tmp_path, files, group="0::/\n"):
    """The quota where the control groups have these files."""
    (tmp_path / "own").write_text(group)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return cpu_quota(tmp_path / "v2", tmp_path / "v1", tmp_path / "own")


@pytest.mark.parametrize(
    ("files", "group", "expected"),
    [
        ({}, "", None),
        ({"v2/cpu.max": "max 100000\n"}, "0::/\n", None),
        ({"v2/cpu.max": "150000 100000\n"}, "0::/\n", 1.5),
        ({"v2/a/b/cpu.max": "max 100000\n", "v2/a/cpu.max": "200000 100000\n"}, "0::/a/b\n", 2.0),
        ({"v2/a/b/cpu.max": "100000 100000\n", "v2/a/cpu.max": "200000 100000\n"}, "0::/a/b\n", 1.0),
        ({"v1/cpu.cfs_quota_us": "-1\n", "v1/cpu.cfs_period_us": "100000\n"}, "4:cpu,cpuacct:/\n", None),
        ({"v1/cpu.cfs_quota_us": "300000\n", "v1/cpu.cfs_period_us": "100000\n"}, "4:cpu,cpuacct:/gone\n", 3.0),
        ({"v2/cpu.max": "words"}, "0::/../..\n", None),
        ({"v2/cpu.max": "1 0"}, "0::/\n", None),
    ],
)
def test_the_quota_is_the_least_of_the_group_and_its_parents(tmp_path, files, group, expected):
    """What cannot be read is no quota."""
    assert quota(tmp_path, files, group) == expected


@pytest.mark.parametrize(("allowed", "quota", "expected"), [(4, None, 4), (4, 2.9, 2), (4, 0.5, 1), (2, 8.0, 2)])
def test_whole_cores_are_counted_and_at_least_one(monkeypatch, allowed, quota, expected):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(allowed)), raising=False)
    monkeypatch.setattr(cores, "cpu_quota", lambda: quota)
    assert usable_cores() == expected
