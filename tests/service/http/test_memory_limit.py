"""The container's memory limit and use, in made-up control groups."""

import pytest

from service.http.memory_limit import VERSION_1, VERSION_2, MemoryGroup, limiting_group, publish_memory
from service.measures import Measures


@pytest.fixture
def groups(tmp_path):
    """Write groups: groups(lines of /proc/self/cgroup, **{path of a file: its text}) → the group that limits."""

    def read(lines, files):
        (tmp_path / "cgroup").write_text(lines)
        for name, text in files.items():
            file = tmp_path / "sys" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return limiting_group(tmp_path / "cgroup", tmp_path / "sys")

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
    group = groups(lines, files)
    assert (group and group.limit) == limit


def test_a_system_without_groups_has_no_limit(tmp_path):
    assert limiting_group(tmp_path / "none", tmp_path) is None


@pytest.mark.parametrize(
    ("lines", "files"),
    [
        (
            "0::/a/b\n",
            {
                "a/memory.max": "1000\n",
                "a/memory.current": "700\n",
                "a/memory.stat": "anon 450\nfile 250\ninactive_file 200\nactive_file 50\n",
                "a/b/memory.max": "max\n",
                "a/b/memory.current": "600\n",
            },
        ),
        (
            "4:memory:/docker/1\n",
            {
                "memory/memory.limit_in_bytes": "1000\n",
                "memory/memory.usage_in_bytes": "700\n",
                "memory/memory.stat": "inactive_file 1\ntotal_inactive_file 200\n",
            },
        ),
    ],
    ids=["v2", "v1"],
)
def test_the_use_is_that_of_the_group_with_the_limit(groups, lines, files):
    """Less the pages of files that the kernel drops first: what Kubernetes calls the working set."""
    assert groups(lines, files).used() == 500


def test_limit_and_use_are_published(tmp_path):
    """The use is read whenever it is asked for, and is absent where it cannot be."""
    measures = Measures()
    publish_memory(measures, MemoryGroup(1000, tmp_path, VERSION_2))

    def values():
        return {family.definition.name: family.values.get(()) for family in measures.collect()}

    assert values() == {"gatecast_memory_limit_bytes": 1000, "gatecast_memory_used_bytes": None}
    (tmp_path / "memory.current").write_text("700\n")
    assert values()["gatecast_memory_used_bytes"] == 700
    (tmp_path / "memory.stat").write_text("inactive_file 900\n")
    assert values()["gatecast_memory_used_bytes"] == 0


def test_a_group_without_its_files_has_no_use(tmp_path):
    assert MemoryGroup(1000, tmp_path, VERSION_1).used() is None
