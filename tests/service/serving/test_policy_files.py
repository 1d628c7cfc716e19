"""`policy.json` as people and editors write it."""

import pytest

from service.artifacts.files import BundleError
from service.policies import Policy
from service.serving.policy_files import POLICY_FILE, read_policy_file


def test_a_byte_order_mark_before_a_policy_is_no_part_of_it(tmp_path):
    """Some editors write one."""
    (tmp_path / POLICY_FILE).write_text('{"policy": "pinned", "version": "3"}', "utf-8-sig")
    assert read_policy_file(tmp_path) == Policy("3")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'{"policy": "pinned", "version": "3", "version": "4"}', "has the key 'version' twice"),
        (b'{"policy": "newest", "policy": "pinned", "version": "3"}', "has the key 'policy' twice"),
        (b'// newest\n{"policy": "newest"}', "is not JSON"),
        (b'{"policy": "canary", "version": 3, "canary": 4, "percent": NaN}', "is not JSON"),
        (b"[" * 2000, "is not JSON: recursion limit"),
        (b"9" * 4096, "must be an object"),
        (b" " * 4097, "is larger than 4096 bytes"),
        ('{"policy": "newest"}'.encode("utf-16"), "it is not UTF-8"),
    ],
)
def test_a_policy_that_can_be_read_in_two_ways_or_not_at_all_is_refused(tmp_path, content, fault):
    """The fault is named, and nothing is guessed."""
    (tmp_path / POLICY_FILE).write_bytes(content)
    with pytest.raises(BundleError, match=fault):
        read_policy_file(tmp_path)
