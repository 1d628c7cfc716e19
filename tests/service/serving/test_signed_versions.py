"""Only versions that a trusted key signed are served: at the start, at a reload, and after the keys have changed."""

import asyncio

import pytest

from service.artifacts import bundle, signing
from service.artifacts.trusted_keys import TrustedKeysError, line
from service.serving.repository import ModelRepository
from tests import fakes
from tests.signed_versions import private_key, save, signed


class Host:
    """Models and trusted keys on disk. A load checks a version as the service does, but makes its network up."""

    def __init__(self, path):
        self.models, self.keys = path / "models", path / "trusted"
        self.trust(1)

    def trust(self, *numbers):
        keys = [line(f"key-{n}", private_key(n).public_key().public_bytes_raw()) for n in numbers]
        self.keys.write_text("".join(f"{key}\n" for key in keys))

    def load(self, path, threads, backend, *, trusted=None):
        bundle.verify(path, trusted)
        card, _, _ = bundle.read(path)
        return fakes.forecast_bundle(card)

    def run(self, work):
        """Do `work` with an open repository."""

        async def main():
            repository = ModelRepository(fakes.settings(self.models, trusted_keys_file=self.keys), self.load)
            await repository.open()
            await work(repository)
            await repository.close()

        asyncio.run(main())


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def serving(repository):
    return [f"{m.predictor.card.name}/{m.predictor.card.version}" for m in repository.registry]


def test_an_unsigned_version_is_left_out_at_the_start_and_taken_once_it_is_signed(host, caplog):
    signed(host.models, 1)
    unsigned = save(host.models, "lstm")

    async def work(repository):
        assert serving(repository) == ["gru/1"]
        assert "left out" in caplog.text
        signing.sign(unsigned, private_key(1))
        report = await repository.reload()
        assert [v.name for v in report.loaded] == ["lstm"]
        assert not report.refused

    host.run(work)


def test_a_new_version_of_somebody_else_is_refused_at_a_reload(host):
    signed(host.models, 1)

    async def work(repository):
        signed(host.models, 2, version="2")
        report = await repository.reload()
        assert serving(repository) == ["gru/1"]
        assert [(r.version, "none of which is trusted" in r.reason) for r in report.refused] == [("2", True)]

    host.run(work)


def test_a_key_that_is_no_longer_trusted_is_told_at_every_reload_and_ends_nothing_that_serves(host):
    """A slip in the file must not stop a service; a start with the file as it is would refuse the version."""
    version = signed(host.models, 1)

    async def work(repository):
        host.trust(2)
        for _ in range(2):
            report = await repository.reload()
            assert (serving(repository), [r.version for r in report.refused]) == (["gru/1"], ["1"])
        before = list(repository.registry)
        signing.sign(version, private_key(2))
        report = await repository.reload()
        assert not report.refused
        assert list(repository.registry) == before, "the same bytes are not loaded again"

    host.run(work)


@pytest.mark.parametrize("content", [None, "", "nonsense"])
def test_keys_that_cannot_be_read_at_a_reload_are_reported_and_nothing_is_loaded(host, content):
    """Whom to trust is not known then, so that nothing new is believed."""
    signed(host.models, 1)

    async def work(repository):
        signed(host.models, 1, version="2")
        host.keys.unlink()
        if content is not None:
            host.keys.write_text(content)
        report = await repository.reload()
        assert serving(repository) == ["gru/1"]
        assert [(r.name, "trusted" in r.reason) for r in report.refused] == [(None, True)]
        host.trust(1)
        await repository.reload()
        assert serving(repository) == ["gru/1", "gru/2"]

    host.run(work)


def test_a_start_with_keys_that_cannot_be_used_is_refused(host):
    host.keys.write_text("nonsense")
    with pytest.raises(TrustedKeysError, match="line 1"):
        ModelRepository(fakes.settings(host.models, trusted_keys_file=host.keys), host.load)


def test_other_workers_read_the_keys_again_before_they_take_what_the_first_has_proven(host):
    """Otherwise a new key would be known to one worker alone."""
    signed(host.models, 1)

    async def work(first):
        async def beside(second):
            await second.open(before)
            host.trust(1, 2)
            signed(host.models, 2, version="2")
            prepared = await first.prepare()
            report = second.commit(await second.prepare(prepared.proven))
            assert not report.refused
            assert serving(second) == ["gru/1", "gru/2"]
            await second.close()

        before = (await first.prepare()).proven
        await beside(ModelRepository(fakes.settings(host.models, trusted_keys_file=host.keys), host.load))

    host.run(work)
