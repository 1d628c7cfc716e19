"""What the protocol, the middleware and the routes share. `create_app` makes it once."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass, field

from ..serving.model_measures import ServingMeasures
from ..serving.repository import ModelRepository
from ..serving.versions import NOTHING_UNSETTLED, Prepared, RefusedVersion, ReloadReport, Unsettled, VersionDigest
from ..settings import Settings
from .access import Access, read_keys
from .access_log import AccessLog
from .callers import Callers
from .connections import Connections
from .error_forms import ErrorForms
from .host import Host
from .lifecycle import Lifecycle, SharedLifecycle
from .load_shedding import LoadShedding
from .metrics import Metrics
from .request_counts import RequestCounts
from .tracing.interface import Tracing

log = logging.getLogger("gatecast")


@dataclass
class State:
    """The parts of a running service. `operations_port` is bound, where the settings ask for one.

    `tracing` begins with the start, where the environment asks for it.
    """

    settings: Settings
    repository: ModelRepository
    counts: RequestCounts
    serving_measures: ServingMeasures
    host: Host
    lifecycle: Lifecycle = field(init=False)
    operations_port: int | None = None
    errors: ErrorForms = field(default_factory=ErrorForms)
    tracing: Tracing | None = None
    access_log: AccessLog = field(init=False)
    metrics: Metrics = field(init=False)
    load_shedding: LoadShedding = field(init=False)
    connections: Connections = field(init=False)
    access: Access = field(init=False)

    def __post_init__(self) -> None:
        """Raises KeysError if the keys cannot be read."""
        self.lifecycle = Lifecycle() if self.host.is_alone else SharedLifecycle(self.host.in_flight)
        callers = Callers(None if self.host.is_alone else self.host.memory)
        self.access = Access(self.settings, read_keys(self.settings), callers=callers)
        self.connections = Connections(
            self.settings.max_connections, self.settings.max_buffered_bytes, self.host.workers, self.host.connections
        )
        self.access_log = AccessLog(self.settings.log_format, self.settings.access_log)
        self.load_shedding = LoadShedding(self.repository, self.errors)

    async def reload(self, unsettled: Unsettled = NOTHING_UNSETTLED) -> ReloadReport:
        """Have all workers of the host read the keys and the models again; all of them, or none.

        What cannot be used is reported, and what was in use before stays.
        """
        return await self.host.reload(self, unsettled)

    async def prepare(
        self, only: Collection[VersionDigest] | None = None, unsettled: Unsettled = NOTHING_UNSETTLED
    ) -> Prepared:
        """Load and prove what this worker is to serve (`ModelRepository.prepare`), and read the keys that it is to take."""
        await asyncio.to_thread(self.access.prepare)
        return await self.repository.prepare(only, unsettled)

    def commit(self, prepared: Prepared, *, is_first: bool = True) -> ReloadReport:
        """Serve what this worker has prepared, and take the keys. The first worker of the host counts the reload."""
        report = self.repository.commit(prepared, is_counted=is_first)
        report.refused.extend(self._take_keys())
        return report

    def refuse(self, refused: list[RefusedVersion]) -> list[RefusedVersion]:
        """Take the keys alone, as some worker refused the versions; the one that is told why counts that. Returns all faults."""
        if refused:
            self.repository.note_refusal(refused)
        return [*refused, *self._take_keys()]

    def _take_keys(self) -> list[RefusedVersion]:
        fault = self.access.commit()
        if fault is None:
            return []
        log.error("reload: %s", fault)
        return [RefusedVersion(None, None, fault)]
