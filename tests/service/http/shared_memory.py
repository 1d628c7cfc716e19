"""Memory that processes share, as the workers of a host do; and a process that takes tokens when it is told to.

`python -m tests.service.http.shared_memory FD SIZE NAMES` reads lines of JSON, [caller, tokens, rate, burst, now] for each
take, and answers each line with the waits.
"""

import json
import os
import signal
import subprocess
import sys

from service.http.shared_buckets import SharedTokenBuckets
from service.http.token_buckets import Limit
from service.workers.inheritance import make_memory
from service.workers.shared_memory import NamedMemory
from tests.patience import PATIENCE_S
from tests.processes import ROOT


class FileMemory(NamedMemory):
    """The memory of the workers, with the number of its file."""

    def __init__(self, number, size):
        super().__init__(number, size)
        self.number = number

    @classmethod
    def make(cls, size):
        return cls(make_memory("test"), size)


class Taker:
    """Another process with the same buckets."""

    def __init__(self, memory, names):
        arguments = [str(memory.number), str(len(memory.bytes)), str(names)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.service.http.shared_memory", *arguments],
            cwd=ROOT,
            pass_fds=[memory.number],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, takes):
        self.process.stdin.write(json.dumps(takes) + "\n")
        self.process.stdin.flush()

    def waits(self):
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()


def main(number, size, names):
    memory = FileMemory(int(number), int(size))
    buckets = SharedTokenBuckets(memory, 0, int(names))
    for line in sys.stdin:
        takes = json.loads(line)
        if takes == "die":  # while the lock is held
            with memory.locked():
                os.kill(os.getpid(), signal.SIGKILL)
        waits = [buckets.take(caller, tokens, Limit.of(rate, burst), now) for caller, tokens, rate, burst, now in takes]
        print(json.dumps(waits), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
