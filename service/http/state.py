"""What the protocol, the middleware and the routes share. `create_app` makes it once."""

import asyncio
import logging
from dataclasses import dataclass, field

from ..measures import Measures
from ..serving.model_measures import ServingMeasures
from ..serving.repository import ModelRepository, RefusedVersion, ReloadReport
from ..settings import Settings
from .access import Access, read_keys
from .access_log import AccessLog
from .connections import Connections
from .error_forms import ErrorForms
from .lifecycle import Lifecycle
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
    measures: Measures
    counts: RequestCounts
    serving_measures: ServingMeasures
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
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
        self.access = Access(self.settings, read_keys(self.settings))
        self.connections = Connections(self.settings.max_connections, self.settings.max_buffered_bytes)
        self.access_log = AccessLog(self.settings.log_format, self.settings.access_log)
        self.load_shedding = LoadShedding(self.repository, self.errors)

    async def reload(self) -> ReloadReport:
        """Read the keys and the models again. What cannot be used is reported, and what was in use before stays."""
        fault = await asyncio.to_thread(self.access.reload)
        report = await self.repository.reload()
        if fault is not None:
            log.error("reload: %s", fault)
            report.refused.append(RefusedVersion(None, None, fault))
        return report
