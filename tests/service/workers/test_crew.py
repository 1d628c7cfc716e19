"""Workers that die, hang or cannot start are replaced, and somebody always accepts. The workers are processes without models."""

import asyncio
import errno
import os
import signal
import sys
from dataclasses import replace

import pytest

from service.workers.crew import CannotStart, Crew
from service.workers.messages import Reload, Reloaded, Unable
from service.workers.open_files import MORE_FILES
from tests.service.workers.crews import PATIENT, crew, greeting, greetings, open_files, until
from tests.service.workers.fake_worker import NEW_VERSIONS, REPORT, VERSIONS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several workers need Linux")


def by_slot(crew):
    return sorted(crew.processes, key=lambda worker: worker.slot)


async def until_each_has_its_slot(crew):
    """Wait until there are two workers, and each accepts the connections of its own slot, and has said so."""
    await until(
        lambda: [worker.slots for worker in by_slot(crew)] == [[0], [1]] and not crew._arranging.locked()
    )  # until then the one that accepted for another may still take what is meant for that


async def kill_and_wait(crew, victim):
    """Kill a worker, and wait until another one has its place."""
    os.kill(victim.pid, signal.SIGKILL)
    await until(lambda: victim not in crew.processes)
    await until_each_has_its_slot(crew)


def test_each_worker_accepts_connections_of_its_own_socket(monkeypatch):
    async def scenario():
        async with crew(monkeypatch) as (started, ports, _):
            assert {slot for slot, _ in await greetings(ports)} == {0, 1}
            assert [worker.slots for worker in by_slot(started)] == [[0], [1]]

    asyncio.run(scenario())


@pytest.mark.parametrize("behaviour", ["fail", "die"])
@pytest.mark.parametrize("position", [0, 1])
def test_a_worker_that_cannot_start_ends_the_start(monkeypatch, behaviour, position):
    """Also the second one: the machine may lack the memory for it."""

    async def scenario():
        async with crew(monkeypatch, [""] * position + [behaviour]):
            raise AssertionError

    with pytest.raises(CannotStart) as raised:
        asyncio.run(scenario())
    words = "models/gru: no" if behaviour == "fail" else f"worker {position} ended with status 7 before"
    assert (raised.value.status, words in raised.value.faults[0]) == (3, True)


@pytest.mark.parametrize("position", [0, 1])
def test_a_worker_that_cannot_accept_ends_the_start(monkeypatch, position):
    """Clients would wait for it in vain, and nothing would say so."""

    async def scenario():
        async with crew(monkeypatch, [""] * position + ["deaf"]):
            raise AssertionError

    with pytest.raises(CannotStart, match=f"worker {position} cannot accept connections: no more files"):
        asyncio.run(scenario())


def test_a_replacement_that_cannot_accept_is_replaced(monkeypatch, caplog):
    """The other one accepts its connections until there is one that can."""

    async def scenario():
        async with crew(monkeypatch, ["", "", "deaf"]) as (started, ports, spawner):
            os.kill(by_slot(started)[0].pid, signal.SIGKILL)
            await until(lambda: spawner.count == 4)
            await until_each_has_its_slot(started)
            assert {slot for slot, _ in await greetings(ports)} == {0, 1}

    asyncio.run(scenario())
    assert "worker 0 cannot accept connections: no more files" in caplog.text


def test_another_worker_accepts_until_a_dead_one_is_replaced(monkeypatch):
    """No connection is refused meanwhile, and the slots go back."""

    async def scenario():
        async with crew(monkeypatch) as (started, ports, _):
            victim = by_slot(started)[1]
            os.kill(victim.pid, signal.SIGKILL)
            await greetings(ports)
            await until(lambda: [w.slots for w in by_slot(started)] == [[0], [1]] and victim not in started.processes)
            assert victim.pid not in {pid for _, pid in await greetings(ports)}

    asyncio.run(scenario())


def test_a_worker_that_ends_at_every_start_is_tried_ever_later(monkeypatch, caplog):
    async def scenario():
        async with crew(monkeypatch, ["", "", "die", "fail", "wait"]) as (started, ports, spawner):
            os.kill(by_slot(started)[0].pid, signal.SIGKILL)
            await until(lambda: spawner.count == 5)
            assert {slot for slot, _ in await greetings(ports)} == {1}
            spawner.begin()
            await until_each_has_its_slot(started)

    monkeypatch.setattr("service.workers.backoff.FIRST_SECONDS", 0.01)
    asyncio.run(scenario())
    assert "is tried again in 0.01 s" in caplog.text
    assert "is tried again in 0.02 s: models/gru: no" in caplog.text


def stop(worker, spawner):
    """Let a worker be silent."""
    spawner.silent.add(worker)
    os.kill(worker.pid, signal.SIGSTOP)


def test_a_worker_that_does_not_answer_for_long_is_killed(monkeypatch, caplog):
    timing = replace(PATIENT, hung=20)

    async def scenario():
        async with crew(monkeypatch, timing=timing) as (started, _, spawner):
            victim = by_slot(started)[0]
            stop(victim, spawner)
            await until(lambda: victim not in started.processes)
            await until_each_has_its_slot(started)

    asyncio.run(scenario())
    assert "did not answer any more and was killed" in caplog.text


def test_a_worker_that_was_silent_during_a_reload_is_replaced(monkeypatch, caplog):
    """It would go on with the versions from before it."""

    async def scenario():
        async with crew(monkeypatch) as (started, _, spawner):
            victim = by_slot(started)[0]
            stop(victim, spawner)
            await until(lambda: by_slot(started)[1].slots == [1, 0])
            assert isinstance(await started.reload(Reload()), Reloaded)
            os.kill(victim.pid, signal.SIGCONT)
            await until(lambda: victim not in started.processes)
            await until_each_has_its_slot(started)
            assert by_slot(started)[0].versions == NEW_VERSIONS

    asyncio.run(scenario())
    assert "it did not answer when the others reloaded" in caplog.text


def restarts(crew, reason):
    """How many restarts are counted for a reason."""
    (family,) = [f for f in crew._estate.measures.collect() if f.definition.name == "gatecast_worker_restarts_total"]
    return family.values[reason,]


def test_a_replacement_that_loads_less_than_the_others_does_not_join_them(monkeypatch, caplog):
    """It is tried again, while another worker accepts its connections; each try is counted."""

    async def scenario():
        async with crew(monkeypatch, ["", "", "part", "part", "wait"]) as (started, ports, spawner):
            os.kill(by_slot(started)[1].pid, signal.SIGKILL)
            await until(lambda: spawner.count == 5)
            assert {slot for slot, _ in await greetings(ports)} == {0}
            spawner.begin()
            await until_each_has_its_slot(started)
            assert (by_slot(started)[1].versions, restarts(started, "start")) == (VERSIONS, 2)

    monkeypatch.setattr("service.workers.backoff.FIRST_SECONDS", 0.01)
    asyncio.run(scenario())
    assert "it does not take the versions that serve: gru/1: half of it" in caplog.text


def test_where_no_other_worker_is_left_a_part_is_better_than_nothing(monkeypatch, caplog):
    async def scenario():
        async with crew(monkeypatch, ["", "part"], count=1) as (started, ports, spawner):
            os.kill(by_slot(started)[0].pid, signal.SIGKILL)
            await until(lambda: spawner.count == 2)
            assert (await greeting(ports))[1] == spawner.processes[1].pid

    asyncio.run(scenario())
    assert "serves without the others: gru/1: half of it" in caplog.text


def test_a_start_that_does_not_end_is_ended(monkeypatch, caplog):
    """Of a replacement: the first start may take its time."""
    timing = replace(PATIENT, prepare=0.5)

    async def scenario():
        async with crew(monkeypatch, ["", "", "hang"], timing=timing) as (started, _, spawner):
            os.kill(by_slot(started)[0].pid, signal.SIGKILL)
            await until(lambda: spawner.count >= 4)

    monkeypatch.setattr("service.workers.backoff.FIRST_SECONDS", 0.01)
    asyncio.run(scenario())
    assert "worker 0 had not proven its models in 0.5 s and was killed" in caplog.text


def test_a_start_that_is_given_up_leaves_no_process(monkeypatch):
    """The service may stop at the moment in which a replacement begins."""

    async def scenario():
        async with crew(monkeypatch) as (started, _, spawner):
            start = asyncio.ensure_future(started._start(0))
            while spawner.count < 3:
                await asyncio.sleep(0)
            start.cancel()
            with pytest.raises(asyncio.CancelledError):
                await start
            assert spawner.processes[2].returncode is not None

    asyncio.run(scenario())


def test_a_worker_that_still_ends_keeps_its_place_and_a_third_one_waits_for_it(monkeypatch):
    """There is room for two processes of a slot."""

    async def scenario():
        async with crew(monkeypatch, ["stay", "stay"], count=1, leave=0.3) as (started, _, spawner):
            for _ in range(2):
                await until(lambda: started._serving[0].pid == spawner.processes[-1].pid)
                started._serving[0].leave()
                count = spawner.count
                await until(lambda count=count: spawner.count > count)  # type: ignore[misc]
            await until(lambda: started._serving[0].pid == spawner.processes[2].pid)

    asyncio.run(scenario())


def test_a_defect_of_the_supervisor_does_not_leave_a_slot_alone(monkeypatch, caplog):
    """It is logged, and tried again."""
    defects = [RuntimeError("a defect")]
    start = Crew._start

    async def start_later(self, slot):
        if self._serving and defects:
            raise defects.pop()
        return await start(self, slot)

    async def scenario():
        async with crew(monkeypatch) as (started, _, _):
            await kill_and_wait(started, by_slot(started)[1])

    monkeypatch.setattr(Crew, "_start", start_later)
    monkeypatch.setattr("service.workers.backoff.FIRST_SECONDS", 0.01)
    asyncio.run(scenario())
    assert "worker 1 could not be replaced; it is tried again in 0.01 s" in caplog.text


def test_a_worker_that_does_not_answer_is_relieved_until_it_answers_again(monkeypatch, caplog):
    """Its connections go to another one, and come back."""

    async def scenario():
        async with crew(monkeypatch) as (started, ports, spawner):
            victim = by_slot(started)[0]
            stop(victim, spawner)
            await until(lambda: by_slot(started)[1].slots == [1, 0])
            assert (await greeting(ports))[0] == 1
            os.kill(victim.pid, signal.SIGCONT)
            await until(lambda: by_slot(started)[1].slots == [1])
            assert victim in started.processes

    asyncio.run(scenario())
    assert "answers again" in caplog.text


def test_a_planned_replacement_serves_before_the_old_one_ends(monkeypatch):
    async def scenario():
        async with crew(monkeypatch) as (started, ports, _):
            before = by_slot(started)
            started.replace_all()
            await until(lambda: not set(before) & started.processes)
            assert [worker.slots for worker in by_slot(started)] == [[0], [1]]
            assert {slot for slot, _ in await greetings(ports)} == {0, 1}

    asyncio.run(scenario())


def test_replacements_that_cannot_accept_end_nobody(monkeypatch, caplog):
    """The workers that they were to replace serve on, for as long as none can; only then the next one has its turn."""

    async def scenario():
        async with crew(monkeypatch, ["", "", *["deaf"] * 4, "wait"]) as (started, ports, spawner):
            before = set(by_slot(started))
            started.replace_all()
            await until(lambda: spawner.count == 7)
            assert before <= started.processes
            assert await greetings(ports) == {(worker.slot, worker.pid) for worker in before}
            assert "serves, as process" not in caplog.text
            assert restarts(started, "start") == 4
            spawner.begin()
            await until(lambda: not before & started.processes)
            await until_each_has_its_slot(started)
            assert {slot for slot, _ in await greetings(ports)} == {0, 1}

    caplog.set_level("INFO", logger="gatecast.workers")
    monkeypatch.setattr("service.workers.backoff.FIRST_SECONDS", 0.01)
    asyncio.run(scenario())
    assert "worker 0 cannot start; it is tried again in 0.04 s: it accepts no connections" in caplog.text
    assert caplog.text.count("serves, as process") == 2


@pytest.mark.parametrize(("number", "words"), [(errno.EMFILE, True), (errno.ENFILE, True), (errno.ENOMEM, False)])
def test_a_process_that_cannot_be_started_for_lack_of_files_says_what_helps(monkeypatch, number, words):
    """At the first start as later."""

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    async def scenario():
        async with crew(monkeypatch) as (started, _, _):
            monkeypatch.setattr("service.workers.process.spawn", refuse)
            with pytest.raises(CannotStart, match=rf"worker 0 cannot be started: \[Errno {number}\]") as raised:
                await started._start(0)
            assert raised.value.faults[0].endswith(f". {MORE_FILES}") is words

    asyncio.run(scenario())


def test_fifty_replacements_leave_no_file_open(monkeypatch):
    """Nor do they use up the memory regions."""

    async def scenario():
        async with crew(monkeypatch) as (started, _, _):
            files = open_files()
            for number in range(50):
                await kill_and_wait(started, by_slot(started)[number % 2])
            await until(lambda: open_files() <= files)

    monkeypatch.setattr("service.workers.backoff.FIRST_SECONDS", 0.0)
    asyncio.run(scenario())


def test_all_workers_take_what_the_first_one_has_proven(monkeypatch):
    """Also one that starts later."""

    async def scenario():
        async with crew(monkeypatch) as (started, _, _):
            answer = await started.reload(Reload())
            assert answer == Reloaded(report=REPORT, number=answer.number)
            await kill_and_wait(started, by_slot(started)[1])
            assert by_slot(started)[1].versions == NEW_VERSIONS

    asyncio.run(scenario())


def test_what_one_worker_cannot_prepare_none_takes(monkeypatch):
    async def scenario():
        async with crew(monkeypatch, ["", "other"]) as (started, _, _):
            answer = await started.reload(Reload())
            assert isinstance(answer, Reloaded)
            assert (answer.report["loaded"], answer.report["retired"]) == ([], [])
            await kill_and_wait(started, by_slot(started)[1])
            assert by_slot(started)[1].versions == VERSIONS

    asyncio.run(scenario())


def test_a_reload_is_refused_while_the_service_stops(monkeypatch):
    async def scenario():
        async with crew(monkeypatch) as (started, _, _):
            started.stop_keeping()
            assert isinstance(await started.reload(Reload()), Unable)

    asyncio.run(scenario())
