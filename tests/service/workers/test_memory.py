"""What the supervisor keeps for its workers: regions, counts, memory with locks, sockets."""

import os
import socket
import subprocess
import sys

import pytest

from service.http.host import SharedCount
from service.http.listening import CannotListen
from service.measures import Measures, Region
from service.settings import Settings
from service.workers import sockets
from service.workers.inheritance import map_counts, read
from service.workers.memory import Estate
from service.workers.shared_memory import map_memory
from tests.ports import reserved_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several workers need Linux")


@pytest.fixture
def estate():
    ports, _ = sockets.bind(Settings(port=0, operations_port=0), 2)
    estate = Estate(2, ports)
    yield estate
    ports.close()
    estate.close()


def test_an_inheritance_comes_over_the_control_channel(estate):
    """Byte by byte, so that messages after it stay there."""
    inherited = estate.bequeath(1, [["gru", "1", "d", "", 0.0]])
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(inherited.encode() + b"message")
        assert read(theirs) == inherited
        assert theirs.recv(100) == b"message"
        ours.close()
        with pytest.raises(EOFError):
            read(theirs)


def test_no_two_living_processes_have_one_region(estate):
    """The region of one that has ended goes to the next one, and counts on."""
    first, second = estate.bequeath(0, None), estate.bequeath(0, None)
    assert first.process != second.process
    estate.take_back(first)
    assert estate.bequeath(1, None).process == first.process


def test_the_start_of_the_service_is_that_of_its_supervisor(estate):
    """Whoever of the workers lives; its memory counts too, and its limit of open files does not."""
    inherited = estate.bequeath(0, None)
    region = Region.open(inherited.regions[inherited.process])
    region.claim()
    worker = Measures(region, lambda: [estate.measures.own])
    worker.gauge("process_start_time_seconds", "start, in seconds since 1970", merge="min").labels().set(4e9)
    worker.gauge("process_resident_memory_bytes", "resident memory").labels().set(1e15)
    estate.measures.publish()
    values = {family.definition.name: family.values.get(()) for family in worker.collect()}
    assert 0 < values["process_start_time_seconds"] < 4e9
    assert values["process_resident_memory_bytes"] > 1e15
    assert values["process_cpu_seconds_total"] > 0
    assert values["process_open_fds"] > 0
    assert values.get("process_max_fds") is None


def test_an_ended_process_has_nothing_in_flight(estate):
    """Its cells are set to 0, and its region is released."""
    inherited = estate.bequeath(0, None)
    in_flight, connections = map_counts(inherited.counts, 4)
    count = SharedCount(in_flight, inherited.process)
    count.set(5)
    SharedCount(connections, 1).set(2)
    region = Region.open(inherited.regions[inherited.process])
    region.claim()
    estate.take_back(inherited)
    assert (count.total(), sum(connections), region.is_alive) == (0, 2, False)


def test_named_memory_is_shared_and_its_lock_keeps_others_out(estate):
    memories = estate.bequeath(0, None).memories
    one, two = map_memory(memories, "rates", 4096), map_memory(memories, "rates", 4096)
    one.bytes[7] = 3
    assert two.bytes[7] == 3
    code = (
        "import fcntl, os, sys; file = os.open(f'/proc/self/fd/{sys.argv[1]}', os.O_RDWR); "
        "fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)"
    )
    command = [sys.executable, "-c", code, str(memories["rates"])]
    with one.locked():
        assert subprocess.run(command, pass_fds=[memories["rates"]], stderr=subprocess.DEVNULL).returncode == 1
    assert subprocess.run(command, pass_fds=[memories["rates"]]).returncode == 0
    with pytest.raises(KeyError):
        map_memory(memories, "other", 1)


def test_all_sockets_have_one_port_and_nobody_else_gets_it():
    """Neither a socket that would share it nor a second service, also before they listen."""
    with reserved_port() as port:
        settings = Settings(port=port)
        ports, claim = sockets.bind(settings, 3)
        assert {bound.getsockname()[1] for bound in ports.public.values()} == {port}
        with pytest.raises(CannotListen, match="in use already"):
            sockets.bind(settings, 3)
        sockets.listen(settings, ports)
        claim.close()
        with pytest.raises(CannotListen, match="in use already"):
            sockets.bind(settings, 3)
        ports.close()
        again, claim = sockets.bind(settings, 3)
        again.close()
        claim.close()


def test_ipv6_is_bound_too():
    if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("this machine has no IPv6")
    ports, _ = sockets.bind(Settings(host="::1", port=0), 2)
    assert {bound.family for bound in ports.public.values()} == {socket.AF_INET6}
    ports.close()
