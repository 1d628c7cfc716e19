"""GATECAST_WATCH_S: the models directory is looked at so often, and reloaded when something in it is new and stands still.

A version is loaded once it is whole and has looked the same at two looks, for a short time at least. One that stays half
written is reported when it has not changed for long; what is gone is retired when it has been away for long. So it does
not matter in which order, under which names and with which times the files arrive. A directory that cannot be read, or
that is empty, changes nothing.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from ..artifacts.files import BundleError
from ..errors import NotReady
from ..settings import Settings
from .listing import NOTHING_SEEN, POLICY, Listing, Mark, list_versions
from .policy_files import read_policy_file
from .repository import ModelRepository
from .versions import ReloadReport, Unsettled, VersionName

SETTLED_SECONDS = 2.0  # for what is whole: as coarse as the times of files are on any file system
STILL_SECONDS = 30.0  # for what is half written
GONE_SECONDS = 30.0  # for what is gone: a checkout or a mount may bring it back
RETRY_SECONDS = 30.0  # after a reload that failed for a reason that lies in no version
ANY_MARK = Mark("", "", True)
log = logging.getLogger("gatecast")


class _Pending(NamedTuple):
    """A change that waits: how it looks (None: it is gone), and since when."""

    mark: Mark | None
    since: float


class Change(NamedTuple):
    """What stands still and is to be taken by a reload, and what that is to leave alone."""

    taken: dict[VersionName, Mark | None]
    unsettled: Unsettled


class Watch:
    """Compares looks. It reads no files, so that a test can give it any. `taken` is what reloads have seen already."""

    def __init__(self, taken: dict[VersionName, Mark]) -> None:
        self._taken = dict(taken)
        self._pending: dict[VersionName, _Pending] = {}

    def look(self, listing: Listing, now: float) -> Change | None:
        """Return what a reload is to take now, if there is anything."""
        settled: dict[VersionName, Mark | None] = {}
        for key in listing.marks.keys() | self._taken.keys() | self._pending.keys():
            if key.name not in listing.unreadable and self._is_settled(key, listing.marks.get(key), now):
                settled[key] = listing.marks.get(key)
        if not settled:
            return None
        waiting = self._pending.keys() - settled.keys()
        versions = frozenset(key for key in waiting if key.version != POLICY)
        policies = frozenset(key.name for key in waiting if key.version == POLICY)
        return Change(settled, Unsettled(versions, policies))

    def take(self, change: Change, proven: Mapping[VersionName, str]) -> None:
        """Note that a reload has seen a change; `proven` has the digests of what serves since.

        Where the content of these lies next is no change. What was refused is tried again if anything about it changes.
        """
        for key, mark in change.taken.items():
            self._pending.pop(key, None)
            if mark is None:
                self._taken.pop(key, None)
            else:
                self._taken[key] = mark._replace(digest=proven.get(key, ""))

    def forget(self) -> None:
        """Begin anew with what waits: the directory could not be read meanwhile."""
        self._pending.clear()

    def _is_settled(self, key: VersionName, mark: Mark | None, now: float) -> bool:
        """Whether something is other than what reloads have seen, and stands still."""
        taken = self._taken.get(key)
        if mark is taken is None or (mark is not None and mark.is_like(taken)):
            self._pending.pop(key, None)
            return False
        before = self._pending.get(key)
        if before is None or not (before.mark is mark is None or (mark is not None and mark.is_like(before.mark))):
            self._pending[key] = _Pending(mark, now)
            return False
        if mark is None:
            return now - before.since >= GONE_SECONDS
        if mark.is_whole is None:
            return False
        return now - before.since >= (SETTLED_SECONDS if mark.is_whole else STILL_SECONDS)


class Watcher:
    """Looks at the directory of a repository. `reload` reloads it, and those of other processes with it."""

    def __init__(
        self,
        settings: Settings,
        repository: ModelRepository,
        reload: Callable[[Unsettled], Awaitable[ReloadReport]],
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._repository = repository
        self._reload = reload
        self._clock = clock
        self._pause = pause
        self._watch: Watch | None = None
        self._seen = NOTHING_SEEN
        self._fault = ""
        self._latest_failure = -RETRY_SECONDS

    async def run(self, seconds: float) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.look()
            except NotReady as error:  # another reload runs, or a worker starts: the next look asks again
                log.debug("watch: %s", error)
            except Exception as error:
                log.error("watch: failed: %r", error, exc_info=error)
            await self._pause(seconds)

    async def look(self) -> None:
        """Look once, and reload if something new stands still."""
        models_dir, proven = self._settings.models_dir, self._proven()
        try:
            self._seen = await asyncio.to_thread(list_versions, models_dir, self._seen, proven)
        except BundleError as error:
            self._tell(str(error))
            if self._watch is not None:
                self._watch.forget()
            return
        self._tell("")
        if self._watch is None:
            self._watch = Watch(await asyncio.to_thread(self._known, proven))
        change = self._watch.look(self._seen, self._clock())
        if change is not None and self._clock() - self._latest_failure >= RETRY_SECONDS:
            report = await self._reload(change.unsettled)
            if any(refused.name is None for refused in report.refused):
                self._latest_failure = (
                    self._clock()
                )  # a worker's memory, or the keys: nothing about the versions changes
            else:
                self._watch.take(change, self._proven())

    def _proven(self) -> dict[VersionName, str]:
        """The digests of what serves."""
        cards = ((model.predictor.card, model.digest) for model in self._repository.registry)
        return {VersionName(card.name, card.version): digest for card, digest in cards}

    def _known(self, proven: dict[VersionName, str]) -> dict[VersionName, Mark]:
        """What the start has seen already: the versions that serve, and the policies in use."""
        known = {key: ANY_MARK for key in proven if key not in self._seen.marks}  # gone since the start
        for key, mark in self._seen.marks.items():
            if mark.is_whole and key in proven if key.version != POLICY else self._is_in_use(key.name):
                known[key] = mark
        return known

    def _is_in_use(self, name: str) -> bool:
        try:
            return read_policy_file(self._settings.models_dir / name) == self._repository.policies.get(name)
        except BundleError:
            return False

    def _tell(self, fault: str) -> None:
        """Log that the directory cannot be read, once, and that it can be again."""
        if fault and fault != self._fault:
            log.warning("watch: %s; what is loaded serves on", fault)
        elif self._fault and not fault:
            log.info("watch: %s can be read again", self._settings.models_dir)
        self._fault = fault
