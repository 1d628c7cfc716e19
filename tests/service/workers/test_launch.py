"""Whether there is a supervisor, and what a start that fails prints."""

import os

import pytest

from service import logs, start
from service.http.listening import CannotListen
from service.http.ports import Ports
from service.measures import Region
from service.settings import Settings
from service.workers import launch


@pytest.mark.parametrize(("workers", "cores", "expected"), [(1, 8, 1), (3, 2, 3), ("auto", 2, 2), ("auto", 1, 1)])
def test_auto_is_a_worker_for_each_core(monkeypatch, workers, cores, expected):
    monkeypatch.setattr(launch, "usable_cores", lambda: cores)
    assert launch.number_of_workers(Settings(workers=workers)) == expected


@pytest.mark.parametrize("workers", ["", "1", "auto"])
def test_one_worker_needs_no_supervisor(monkeypatch, workers):
    """It is served as before, by this process."""
    monkeypatch.setenv("GATECAST_WORKERS", workers)
    monkeypatch.setattr(launch, "usable_cores", lambda: 1)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    served = []
    monkeypatch.setattr(start, "serve", lambda settings, **options: served.append((settings.workers, options)) or 0)
    assert launch.serve(ends_at_hangup=True) == 0
    assert served == [(1, {"ends_at_hangup": True})]


def test_a_wrong_setting_is_printed(monkeypatch, capsys):
    monkeypatch.setenv("GATECAST_WORKERS", "none")
    assert launch.serve(ends_at_hangup=False) == 2
    assert "error: GATECAST_WORKERS: must be" in capsys.readouterr().err


def test_too_few_files_for_so_many_workers_are_told(monkeypatch, capsys):
    """Not by a traceback."""
    from service.workers import sockets

    monkeypatch.setenv("GATECAST_WORKERS", "2")
    monkeypatch.setattr(sockets, "bind", lambda *_: (Ports({}), None))
    monkeypatch.setattr(logs, "configure", lambda *_: None)

    def refuse(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(Region, "create_shared", refuse)
    assert launch.serve(ends_at_hangup=False) == 3
    assert "error: the memory that 2 workers share cannot be made: " in (told := capsys.readouterr().err)
    assert "Allow more open files (ulimit -n; a supervisor of N workers has up to 5 N + 30)" in told


def test_too_few_files_for_the_supervisor_are_told(monkeypatch, capsys):
    """Also those that are lacking when it runs. Other faults of the system are defects, and keep their traceback."""
    from service.workers import sockets, supervisor

    monkeypatch.setenv("GATECAST_WORKERS", "2")
    monkeypatch.setattr(sockets, "bind", lambda *_: (Ports({}), None))
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    faults = [OSError(24, "Too many open files"), OSError(5, "Input/output error")]

    def refuse(*_, **__):
        raise faults.pop(0)

    monkeypatch.setattr(supervisor, "Supervisor", refuse)
    assert launch.serve(ends_at_hangup=False) == 3
    assert "error: 2 workers cannot be supervised: [Errno 24] Too many open files. Allow" in capsys.readouterr().err
    with pytest.raises(OSError, match="Input/output"):
        launch.serve(ends_at_hangup=False)


def test_a_taken_port_ends_a_start_of_several_workers(monkeypatch, capsys):
    """Before anything is started."""
    from service.workers import sockets

    monkeypatch.setenv("GATECAST_WORKERS", "2")
    monkeypatch.setattr(logs, "configure", lambda *_: None)

    def refuse(*_):
        raise CannotListen("cannot listen")

    monkeypatch.setattr(sockets, "bind", refuse)
    assert launch.serve(ends_at_hangup=False) == 3
    assert capsys.readouterr().err == "error: cannot listen\n"
    assert os.environ["GATECAST_WORKERS"] == "2"
