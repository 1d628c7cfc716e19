"""The sockets that the service listens on: what is wrong with an address is told in words, and who can reach it."""

import errno
import logging
import os
import socket

import pytest

from service.http import listening
from service.http.listening import CannotListen
from service.settings import Settings


def test_a_free_port_is_bound():
    with listening.bind(Settings(port=0), "port") as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        assert bound.getsockname()[1] > 0


@pytest.mark.parametrize("name", ["port", "operations_port"])
def test_a_port_in_use_is_told_with_its_setting(name):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            CannotListen, match=rf"cannot listen on 127\.0\.0\.1:{port} \(GATECAST_{name.upper()}\): .* in use"
        ):
            listening.bind(Settings(**{name: port}), name)


@pytest.mark.parametrize(
    "host",
    [
        "nowhere.invalid",
        "[::1]",
        "127.0.0.1:80",
        "http://127.0.0.1",
        "a..b",
        "x" * 300,
        "\udcff",
        " ",
        "1.2.3.4.5",
        "ü" * 70,
    ],
)
def test_a_host_that_is_no_address_is_told(host):
    with pytest.raises(CannotListen, match="GATECAST_HOST must be an address of this machine"):
        listening.bind(Settings(host=host, port=0), "port")


def test_an_address_of_another_machine_is_told():
    """192.0.2.0/24 is for documents, so no machine has it."""
    with pytest.raises(CannotListen, match="no network interface of this machine has the address"):
        listening.bind(Settings(host="192.0.2.1", port=0), "port")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "below 1024"),
        (errno.EAFNOSUPPORT, "no IPv6"),
        (errno.EMFILE, "ulimit -n"),
        (errno.ENOBUFS, os.strerror(errno.ENOBUFS)),
    ],
)
def test_other_faults_of_the_system_are_told(number, words):
    """Root may use every port, so the fault is raised here."""
    with pytest.raises(CannotListen, match=words), listening.explained(Settings(port=80), "port"):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("host", "settings", "level", "words"),
    [
        ("127.0.0.1", {}, logging.INFO, "only this machine can reach"),
        ("localhost", {}, logging.INFO, "only this machine can reach"),
        ("::1", {}, logging.INFO, "only this machine can reach"),
        ("::ffff:127.0.0.1", {}, logging.INFO, "only this machine can reach"),
        ("0.0.0.0", {}, logging.WARNING, "other machines can reach"),
        ("::", {}, logging.WARNING, "other machines can reach"),
        ("0.0.0.0", {"api_keys_file": "keys"}, logging.INFO, "callers need a key"),
    ],
)
def test_the_log_says_who_needs_a_key(caplog, host, settings, level, words):
    caplog.set_level(logging.INFO, "gatecast")
    made = Settings(host=host, port=0, **settings)
    try:
        bound = listening.bind(made, "port")
    except CannotListen:
        pytest.skip("this machine has no IPv6")
    with bound:
        listening.log_access(made, bound)
    (record,) = caplog.records
    assert record.levelno == level
    assert words in record.message
