"""Heavy work takes turns: other requests go on between its pieces, and it ends with the caller's time or interest."""

import asyncio

import pytest

from service.errors import ClientDisconnected, DeadlineExceeded, UnreadableText
from service.serving import turns as turns_module
from service.serving.turns import REPLY_SECONDS, TURN_SECONDS, Turns, check_any_is_done, models_deadline
from tests.clock import Clock
from tests.fakes import FakeCaller


async def bystander(events):
    """Note every round of the event loop."""
    while True:
        events.append("round")
        await asyncio.sleep(0)


def test_short_work_goes_on_without_a_turn_of_others():
    async def work():
        clock = Clock(is_stopped=True)
        events: list[str] = []
        other = asyncio.create_task(bystander(events))
        turns = Turns(FakeCaller())
        for _ in range(100):
            await turns.next()
            await turns.pause()
        assert events == []
        clock.advance(2 * TURN_SECONDS)  # plainly over: the clock may round a single one down
        await turns.next()
        assert events
        before = len(events)
        clock.advance(2 * TURN_SECONDS)  # plainly over: the clock may round a single one down
        await turns.pause()
        assert len(events) > before
        other.cancel()

    asyncio.run(work())


def test_however_many_have_long_work_one_piece_of_it_is_done_in_a_round(monkeypatch):
    monkeypatch.setattr(turns_module, "TURN_SECONDS", 0.0)

    async def work():
        events = []

        async def long_work(name):
            turns = Turns(FakeCaller())
            for _ in range(20):
                await turns.next()
                events.append(name)

        other = asyncio.create_task(bystander(events))
        await asyncio.gather(*(long_work(name) for name in "abcde"))
        other.cancel()
        return events

    events = asyncio.run(work())
    rounds = " ".join(events).split("round")
    assert max(len(pieces.split()) for pieces in rounds) == 1
    pieces = [event for event in events if event != "round"]
    assert pieces[:10] == [*"abcdeabcde"]


def test_who_is_cancelled_in_the_line_holds_up_nobody(monkeypatch):
    monkeypatch.setattr(turns_module, "TURN_SECONDS", 0.0)

    async def work():
        waiting = [asyncio.create_task(Turns(FakeCaller()).next()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        return await asyncio.gather(*waiting, return_exceptions=True)

    first, cancelled, third = asyncio.run(work())
    assert (first, third) == (None, None)
    assert isinstance(cancelled, asyncio.CancelledError)


def test_work_ends_at_the_deadline_and_stays_ended():
    async def work():
        clock = Clock()
        now = asyncio.get_running_loop().time()
        turns, half = Turns(FakeCaller(now + 100)), Turns(FakeCaller(now + 100), share=0.5)
        clock.advance(60)
        await turns.next()
        with pytest.raises(DeadlineExceeded):
            await half.next()
        await half.pause()
        clock.advance(60)
        for _ in range(2):
            with pytest.raises(DeadlineExceeded):
                await turns.next()
        await turns.pause()

    asyncio.run(work())


def test_nothing_is_done_for_a_caller_who_has_left():
    async def work():
        clock, caller = Clock(), FakeCaller()
        turns = Turns(caller)
        caller.has_left = True
        clock.advance(1)
        with pytest.raises(ClientDisconnected):
            await turns.next()

    asyncio.run(work())


def test_a_batch_keeps_time_for_its_reply():
    async def work():
        Clock(is_stopped=True)
        now = asyncio.get_running_loop().time()
        return [models_deadline(FakeCaller(now + limit)) - now for limit in (-1, 1, 100)]

    late, short, long = asyncio.run(work())
    assert late == pytest.approx(-1)
    assert short == pytest.approx(0.95, abs=0.01)
    assert long == pytest.approx(100 - REPLY_SECONDS)


def test_a_batch_is_late_as_a_whole_only_if_nothing_is_done():
    late, bad = DeadlineExceeded("late"), UnreadableText("bad")
    for outcomes in ([], ["answer", late], [bad], [bad, "answer", late]):
        check_any_is_done(outcomes)
    for outcomes in ([late], [bad, late]):
        with pytest.raises(DeadlineExceeded):
            check_any_is_done(outcomes)
