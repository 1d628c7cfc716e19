"""What a worker does for its supervisor, without one and without a server."""

import asyncio
import socket

import pytest

from service.errors import NotReady
from service.http.listening import CannotListen
from service.serving.versions import NOTHING_UNSETTLED, RefusedVersion, ReloadReport, Unsettled, VersionName
from service.workers import messages
from service.workers.channel import CannotDo, Channel
from service.workers.control import Control, report_from_json, report_to_json
from service.workers.messages import Commit, Detach, Discard, End, Listen, Ping, Prepare, Prepared, Stop, Unable
from tests.patience import PATIENCE_S


class FakeServer:
    """Notes what it is told."""

    def __init__(self, state):
        self.state = state
        self.told = []

    async def listen(self, slots):
        self.told.append(slots)

    def end(self):
        self.told.append("end")

    async def detach(self):
        self.told.append("detach")

    def stop(self, *, is_replaced):
        self.told.append(is_replaced)


def converse(state, scenario, answer=None):
    """Run a scenario with the supervisor's end of the channel, the control and its server."""

    async def run():
        async def refuse(_):
            return Unable(reason="no worker can reload now")

        ours, theirs = socket.socketpair()
        control, server = Control(theirs), FakeServer(state)
        channel = await Channel.open(ours, answer or refuse)
        await control.open(server)
        tasks = [asyncio.ensure_future(end) for end in (channel.run(), control.run())]
        try:
            await state.repository.open()
            await scenario(channel, control, server)
        finally:
            channel.close()
            await asyncio.gather(*tasks)
            await state.repository.close()

    asyncio.run(run())


def test_where_it_cannot_listen_it_says_why_without_a_traceback(serve, caplog):
    """The supervisor logs the words."""

    async def scenario(channel, _, server):
        async def refuse(_):
            raise CannotListen("cannot listen on 127.0.0.1:1: this process may not open more files")

        server.listen = refuse
        with pytest.raises(CannotDo, match=r"^cannot listen on 127\.0\.0\.1:1: this process may not open more files$"):
            await channel.ask(Listen(slots=[0]))

    converse(serve().app.state, scenario)
    assert caplog.text == ""


@pytest.fixture
def state(serve):
    return serve().app.state


def test_a_worker_does_as_it_is_told(state):
    """And answers each question."""

    async def scenario(channel, _, server):
        for question in (Listen(slots=[1, 0]), Ping(), End(), Detach()):
            assert isinstance(await channel.ask(question), messages.Done)
        channel.tell(Stop(is_replaced=True))
        await channel.ask(Ping())
        assert server.told == [[1, 0], "end", "detach", True]

    converse(state, scenario)


def test_versions_are_prepared_and_committed_or_discarded(state):
    """What is prepared can be prepared elsewhere by its list; nothing is committed that is not prepared."""

    async def scenario(channel, *_):
        prepared = await channel.ask(Prepare())
        assert isinstance(prepared, Prepared)
        again = await channel.ask(Prepare(only=prepared.versions))
        assert again.versions == prepared.versions
        assert (await channel.ask(Commit(is_first=True))).report["refused"] == []
        assert state.repository.reloads["done"] == 1
        await channel.ask(Prepare(unsettled=[[], []]))
        assert (await channel.ask(Discard())).report == {"refused": []}
        with pytest.raises(CannotDo, match="nothing is prepared"):
            await channel.ask(Commit())
        await channel.ask(Prepare())
        await channel.ask(Commit())
        assert state.repository.reloads["done"] == 1

    converse(state, scenario)


def test_a_reload_that_another_worker_refuses_is_noted_and_takes_the_keys(serve, tmp_path, caplog):
    """By the first worker, which is told why; and the keys are those of now in all of them."""
    path = tmp_path / "admin.key"
    path.write_text("first secret, long enough")
    state = serve(admin_key_file=path).app.state
    refused = [[None, None, "worker 1 cannot serve them"]]

    def is_known(secret):
        return state.access._keys.find(secret) is not None

    async def scenario(channel, *_):
        path.write_text("second secret, long enough")
        await channel.ask(Prepare())
        assert (is_known(b"first secret, long enough"), is_known(b"second secret, long enough")) == (True, False)
        assert (await channel.ask(Discard(refused=refused))).report == {"refused": refused}
        assert (is_known(b"first secret, long enough"), is_known(b"second secret, long enough")) == (False, True)
        assert state.repository.reloads == {"done": 0, "refused": 1}
        assert state.repository.refused == [RefusedVersion(None, None, "worker 1 cannot serve them")]
        path.unlink()
        await channel.ask(Prepare())
        (fault,) = (await channel.ask(Discard())).report["refused"]
        assert "the keys from before stay in use" in fault[2]
        assert state.repository.reloads["refused"] == 1

    converse(state, scenario)
    assert "reload: refused: worker 1 cannot serve them" in caplog.text


def test_a_reload_that_is_not_possible_now_is_told_to_its_caller(state):
    async def scenario(_, control, __):
        with pytest.raises(NotReady, match="no worker can reload now"):
            await control.reload(state, NOTHING_UNSETTLED)

    converse(state, scenario)


def test_a_worker_that_wants_to_leave_knows_whether_the_supervisor_sees_to_it(state):
    """One that cannot, or does not answer, leaves it to the worker."""

    async def done(_):
        return messages.Done()

    async def never(_):
        await asyncio.Event().wait()

    for answer, expected, seconds in ((done, True, PATIENCE_S), (None, False, PATIENCE_S), (never, False, 0.1)):

        async def scenario(_, control, __, expected=expected, seconds=seconds):
            assert await control.ask_to_leave(seconds) == expected

        converse(state, scenario, answer)


REPORT = ReloadReport([VersionName("gru", "2")], [], [RefusedVersion(None, None, "why")], 1, 19)


def test_the_report_of_all_workers_is_that_of_the_caller(state):
    """What is unsettled goes along."""
    asked = []

    async def answer(message):
        asked.append(message.unsettled)
        return messages.Reloaded(report=report_to_json(REPORT))

    async def scenario(_, control, __):
        unsettled = Unsettled(frozenset([VersionName("gru", "3")]), frozenset(["lstm"]))
        assert await control.reload(state, unsettled) == REPORT
        assert await control.reload(state, NOTHING_UNSETTLED) == REPORT
        assert asked == [[[["gru", "3"]], ["lstm"]], None]

    converse(state, scenario, answer)


def test_a_report_comes_back_from_json():
    assert report_from_json(report_to_json(REPORT)) == REPORT
