"""Questions and answers over a pair of sockets, and the end of one side."""

import asyncio
import socket

import pytest

from service.workers.channel import CannotDo, Channel, Gone
from service.workers.messages import Commit, Done, Leaving, Ping, Prepare, Prepared, Unable


async def pair(answer):
    """Two ends; the second one answers."""

    async def silent(_):
        return None

    one, two = socket.socketpair()
    ends = await Channel.open(one, silent), await Channel.open(two, answer)
    return (*ends, [asyncio.ensure_future(end.run()) for end in ends])


def test_answers_come_to_their_questions_in_any_order():
    """A slow answer does not keep back others."""

    async def scenario():
        slow = asyncio.Event()

        async def answer(message):
            if isinstance(message, Prepare):
                await slow.wait()
                return Prepared(versions=[1])
            return Done()

        asking, answering, tasks = await pair(answer)
        first = asyncio.ensure_future(asking.ask(Prepare()))
        assert isinstance(await asking.ask(Ping()), Done)
        slow.set()
        assert (await first).versions == [1]
        asking.close()
        await asyncio.gather(*tasks)
        answering.close()

    asyncio.run(scenario())


def test_what_cannot_be_done_is_raised_with_its_reason(caplog):
    """Also where the answer fails unforeseen."""

    async def scenario():
        async def answer(message):
            if isinstance(message, Commit):
                raise RuntimeError("broken")
            return Unable(reason="not now")

        asking, _, tasks = await pair(answer)
        with pytest.raises(CannotDo, match="not now"):
            await asking.ask(Ping())
        with pytest.raises(CannotDo, match="RuntimeError: broken"):
            await asking.ask(Commit())
        asking.close()
        await asyncio.gather(*tasks)

    asyncio.run(scenario())
    assert "Commit failed" in caplog.text


def test_the_end_of_a_side_ends_its_questions():
    """Those that are asked later too; what is told is dropped."""

    async def scenario():
        async def never(_):
            await asyncio.Event().wait()

        asking, answering, tasks = await pair(never)
        question = asyncio.ensure_future(asking.ask(Ping()))
        with pytest.raises(TimeoutError):
            await asking.ask(Ping(), 0.01)
        answering.close()
        with pytest.raises(Gone):
            await question
        with pytest.raises(Gone):
            await asking.ask(Ping())
        asking.tell(Leaving())
        await asyncio.gather(*tasks)

    asyncio.run(scenario())


def test_what_is_no_message_ends_the_channel():
    async def scenario():
        async def answer(_):
            return Done()

        asking, _, tasks = await pair(answer)
        asking.write(b"nonsense\n")
        await asyncio.gather(*tasks)
        with pytest.raises(Gone):
            await asking.ask(Ping())

    asyncio.run(scenario())
