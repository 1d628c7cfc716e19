"""The container's memory limit, in made-up control groups."""

import pytest

from service.http.memory_limit import memory_limit


@pytest.fixture
def groups(tmp_path):
    """Write groups: groups(lines of /proc/self/cgroup, **{path of a file: its text}) → the limit that is read."""

    def read(lines, files):
        (tmp_path / "cgroup").write_text(lines)
        for name, text in files.items():
            file = tmp_path / "sys" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return memory_limit(tmp_path / "cgroup", tmp_path / "sys")

    return read


@pytest.mark.parametrize(
    ("lines", "files", "limit"),
    [
        ("0::/\n", {"memory.max": "1073741824\n"}, 1 << 30),
        ("0::/\n", {"memory.max": "max\n"}, None),
        ("0::/a/b\n", {"a/memory.max": "100\n", "a/b/memory.max": "max\n"}, 100),
        ("0::/a/b\n", {"a/memory.max": "100\n", "a/b/memory.max": "90\n"}, 90),
        ("0::/not/seen/from/inside\n", {"memory.max": "100\n"}, 100),
        ("0::/../../a\n", {"memory.max": "100\n"}, 100),
        ("5:cpu:/x\n4:memory:/docker/1\n", {"memory/docker/1/memory.limit_in_bytes": "100\n"}, 100),
        ("4:hugetlb,memory:/docker/1\n", {"memory/memory.limit_in_bytes": "100\n"}, 100),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, None),
        ("1:name=systemd:/x\n", {"memory.max": "100\n"}, None),
        ("", {}, None),
        ("no group\n", {}, None),
    ],
    ids=["v2", "v2 without", "an outer group", "an inner group", "in a container", "outside", "v1", "v1 in a container",
         "v1 without", "no memory group", "empty", "nonsense"],
)  # fmt: skip
def test_the_limit_is_the_smallest_of_the_groups(groups, lines, files, limit):
    """That of the process's own group, or of one that holds it; both versions, also from inside a container."""
    assert groups(lines, files) == limit


def test_a_system_without_groups_has_no_limit(tmp_path):
    assert memory_limit(tmp_path / "none", tmp_path) is None
