"""What the protocol, the middleware and the routes share. `create_app` makes it once."""

import asyncio
import logging
from dataclasses import dataclass, field

from service.http.access import Access, read_keys
from service.http.access_log import AccessLog
from service.http.connections import Connections
from service.http.lifecycle import Lifecycle
from service.http.load_shedding import LoadShedding
from service.http.metrics import Metrics, RequestCounts
from service.serving.repository import ModelRepository, RefusedVersion, ReloadReport
from service.settings import Settings

log = logging.getLogger("gatecast")


@dataclass
class State:
    """The parts of a running service. `operations_port` is bound, where the settings ask for one."""

    settings: Settings
    repository: ModelRepository
    counts: RequestCounts
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    access_log: AccessLog = field(default_factory=AccessLog)
    operations_port: int | None = None
    metrics: Metrics = field(init=False)
    load_shedding: LoadShedding = field(init=False)
    connections: Connections = field(init=False)
    access: Access = field(init=False)

    def __post_init__(self) -> None:
        """Raises KeysError if the keys cannot be read."""
        self.access = Access(self.settings, read_keys(self.settings))
        self.connections = Connections(self.settings.max_connections, self.settings.max_buffered_bytes)
        self.load_shedding = LoadShedding(self.repository)

    async def reload(self) -> ReloadReport:
        """Read the keys and the models again. What cannot be used is reported, and what was in use before stays."""
        fault = await asyncio.to_thread(self.access.reload)
        report = await self.repository.reload()
        if fault is not None:
            log.error("reload: %s", fault)
            report.refused.append(RefusedVersion(None, None, fault))
        return report
