"""The rolling play: what callers saw is told by phase, callers note every end, and HAProxy accepts its configuration."""

import asyncio
import os
import shutil
import subprocess

import numpy as np
import pytest

from benchmarks.connection import encode_request
from benchmarks.rolling.__main__ import is_passed
from benchmarks.rolling.callers import Callers, Outcome
from benchmarks.rolling.play import by_phase
from benchmarks.rolling.replicas import CONFIGURATION, SLOTS, Place
from tests.patience import PATIENCE_S

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def test_requests_count_in_the_phase_in_which_they_were_due():
    """Phases of one name are one row; what was due before the first one counts there."""
    log = np.array(
        [
            [9.0, 0.010, 200],
            [10.5, 0.020, 200],
            [11.5, 0.500, Outcome.LOST],
            [11.6, 0.001, Outcome.HUNG_UP],
            [12.5, 0.030, 503],
            [12.6, 0.030, 502],
        ]
    )
    rows = by_phase(log, [("steady", 10.0), ("replaced", 11.0), ("steady", 12.0)])
    assert [
        (row["phase"], row["sent"], row["answered"], row["refused"], row["lost"], row["hung_up"]) for row in rows
    ] == [
        ("steady", 4, 2, 1, 0, 0),
        ("replaced", 2, 0, 0, 1, 1),
        ("all", 6, 2, 1, 1, 1),
    ]
    assert rows[0]["other"] == {"502": 1}
    assert rows[0]["p50_ms"] == 15.0
    assert rows[1]["p99_ms"] == 0.0


@pytest.mark.parametrize(
    ("changes", "exits", "passed"),
    [
        ({}, [0], True),
        ({"hung_up": 9}, [0], True),
        ({"lost": 1}, [0], False),
        ({"refused": 1}, [0], False),
        ({"other": {"502": 1}}, [0], False),
        ({}, [0, 137], False),
    ],
)
def test_one_request_without_its_answer_fails_the_play(changes, exits, passed):
    total = {"lost": 0, "refused": 0, "other": {}, "hung_up": 0} | changes
    assert is_passed({"phases": [total], "exits": exits}) is passed


class Server(asyncio.Protocol):
    """Answers its first connections so: the bytes, or None to close without an answer; all others with 200."""

    def __init__(self, answers):
        self.answers = answers

    def connection_made(self, transport):
        self.transport = transport
        self.answer = self.answers.pop(0) if self.answers else ANSWER

    def data_received(self, data):
        if self.answer is None:
            self.transport.close()
        else:
            self.transport.write(self.answer)


def run(answers, requests, hangup=0.0, connections=1):
    """The outcomes of so many requests, in order of their ends."""

    async def main():
        server = await asyncio.get_running_loop().create_server(lambda: Server(answers), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        callers = Callers(port, encode_request("/forecast", b"{}"), 1e6, hangup)
        callers.may_end = True
        await callers.run(requests, connections, watch_input=False)
        server.close()
        await asyncio.gather(*callers.tasks)
        return [int(outcome) for outcome in np.frombuffer(callers.log).reshape(-1, 3)[:, 2]]

    return asyncio.run(main())


def test_a_connection_that_closes_without_an_answer_loses_its_request_alone():
    assert run([None], 3) == [Outcome.LOST, 200, 200]


def test_callers_who_hang_up_are_counted_and_replaced():
    assert run([], 4, hangup=1.0) == [Outcome.HUNG_UP] * 4


def test_an_answer_of_another_status_is_noted():
    assert run([ANSWER.replace(b"200 OK", b"502 Bad")], 1) == [502]


def test_haproxy_accepts_the_configuration(tmp_path):
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed")
    place = Place(18790, tmp_path)
    names = {f"ROLLING_{slot.upper()}": str(place.port_of(slot)) for slot in SLOTS}
    environment = os.environ | names | {"ROLLING_PORT": "18790", "ROLLING_SOCKET": str(place.socket)}
    checked = subprocess.run(
        ["haproxy", "-c", "-f", CONFIGURATION], env=environment, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stderr


def test_no_request_is_ever_sent_twice():
    """Only a refused connection lets HAProxy try another replica: none has seen the request then."""
    lines = CONFIGURATION.read_text().splitlines()
    assert [line.strip() for line in lines if "retry-on" in line] == ["retry-on conn-failure"]
