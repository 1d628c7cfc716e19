"""Real processes write regions while another one sums them."""

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack

import pytest

from service.measures import Region
from tests.patience import PATIENCE_S
from tests.processes import ROOT

EVENTS = 2000
BEFORE_DEATH = 500


class Child:
    """A process that has some regions."""

    def __init__(self, stack, action, regions, *arguments):
        fds = [region.fd for region in regions]
        command = [sys.executable, "-m", "tests.service.measures.writer", action, *map(str, (*fds, *arguments))]
        self.process = stack.enter_context(
            subprocess.Popen(command, cwd=ROOT, pass_fds=fds, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        )
        stack.callback(self.process.kill)

    def told(self):
        """How many events it has begun, when it has ended."""
        return len(self.process.stdout.read())

    def sums(self):
        """What it says now."""
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="several processes share memory on Linux only")
def test_sums_are_exact_while_writers_come_die_and_go_on():
    """Two writers end in peace, one is killed, and another goes on in its region. At most the event in progress is lost."""
    with ExitStack() as stack:
        regions = [Region.create_shared() for _ in range(3)]
        for region in regions:
            stack.callback(os.close, region.fd)
        reader = Child(stack, "sum", regions)
        peaceful = [Child(stack, "count", [region], EVENTS) for region in regions[:2]]
        dying = Child(stack, "count", [regions[2]], 0)
        begun = len(dying.process.stdout.read(1 + BEFORE_DEATH)) - 1
        seen = [reader.sums() for _ in range(20)]
        dying.process.send_signal(signal.SIGKILL)
        begun += dying.told()
        told = [child.told() - 1 for child in peaceful]
        for child in (*peaceful, dying):
            child.process.wait(PATIENCE_S)
        after_death = reader.sums()
        successor = Child(stack, "count", [regions[2]], EVENTS)
        assert successor.told() - 1 == EVENTS
        last = reader.sums()
        successor.process.wait(PATIENCE_S)
    events = [sums["events"] for sums in seen]
    assert events == sorted(events)
    assert told == [EVENTS, EVENTS]
    assert sum(told) + begun - 1 <= after_death["events"] <= sum(told) + begun
    assert 0 <= after_death["observed"] - after_death["events"] <= 1
    assert last["events"] == after_death["events"] + EVENTS
    assert last["observed"] == after_death["observed"] + EVENTS
    assert after_death["writers"] == 0
