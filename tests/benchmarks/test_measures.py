"""The benchmark of what measuring costs: its arithmetic, its steps, its switch, its callers."""

import socket
from threading import Thread

import pytest

from benchmarks.closed_rounds import Callers
from benchmarks.measures import OWN, WITHOUT, steps, summary
from benchmarks.servers import switched
from benchmarks.servers.server import Call
from service.http.request_counts import RequestCounts
from service.measures import Measures
from tests.patience import PATIENCE_S


def test_ratios_are_taken_within_rounds():
    """A round in which all is twice as dear changes no ratio."""
    own, without = summary({"16": {OWN: [102.0, 204.0, 102.0, 306.0], WITHOUT: [100.0, 200.0, 100.0, 300.0]}})
    assert (own["own_of_it"], without["own_of_it"], without["us"]) == (1.0, 1.02, 150.0)
    assert (without["quartiles"], without["least"]) == ([1.02, 1.02], 1.02)


@pytest.mark.parametrize("name", steps())
def test_every_step_can_be_done_again_and_again(name):
    step = steps()[name]
    step()
    step()


def test_the_switch_has_requests_not_counted_and_counted_again():
    measures = Measures()
    counts = RequestCounts(measures, ["/forecast"])
    count = switched.switched(counts.count)
    try:
        switched.switch_off()
        count("POST", "/forecast", 200, 0.001)
        assert measures.collect() == []
    finally:
        switched.switch_on()
    count("POST", "/forecast", 200, 0.001)
    assert [family.values for family in measures.collect()][-1] == {("/forecast", "POST", "200"): 1}


def answer(listening, response):
    """Answer requests of one connection until it ends. The response comes in two parts."""
    connection, _ = listening.accept()
    with connection:
        while connection.recv(1 << 16):
            connection.sendall(response[:20])
            connection.sendall(response[20:])


@pytest.mark.parametrize(("status", "sent"), [("200 OK", 3), ("503 Service Unavailable", None)])
def test_callers_send_again_when_all_have_their_answers(status, sent):
    """Anything but a 200 ends the measurement."""
    response = f"HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}".encode()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=answer, args=[listening, response])
        thread.start()
        with Callers(listening.getsockname()[1], Call("/forecast", b"{}"), 1) as callers:
            if sent is None:
                with pytest.raises(RuntimeError, match="the answer was"):
                    callers.send(3)
            else:
                assert callers.send(sent) == sent
        thread.join(PATIENCE_S)
