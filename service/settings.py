"""Every knob of the service. Each is read from the environment as GATECAST_<NAME>; an empty value counts as not set.

environment.py reads them for a start, and says in words what is wrong with them.
"""

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from .cores import usable_cores

# Kubernetes sets GATECAST_PORT to this for a Service of the name gatecast, in every pod of its namespace.
SERVICE_LINK = re.compile(r"(tcp|udp|sctp)://")
MIN_KEY_CHARACTERS = 16
MAX_KEY_BYTES = 4096


def _split(value: object) -> object:
    """`a, b` → ("a", "b"): lists are written with commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


AnyCase = BeforeValidator(_lower)
Level = Literal["critical", "error", "warning", "info", "debug"]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="GATECAST_", env_ignore_empty=True, extra="forbid", frozen=True, allow_inf_nan=False
    )

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    models_dir: Path = Field(Path("models"), description="where <name>/<version>/ directories lie")
    sentiment_model: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")] | None = Field(
        None, description="sentiment model of requests that name none; default: sentiment, or else the first by name"
    )
    versions: Names = Field(
        (),
        description="policies that win over policy.json, like gru=2, sentiment=5+6:5% (version 6 for 5 % of requests)",
    )
    watch_s: float | None = Field(
        None, ge=0.5, le=86_400, description="seconds between two looks for new versions; default: none"
    )
    trusted_keys_file: Path | None = Field(
        None, description="public keys; with the file, only versions that one of them signed are served"
    )
    on_bad_version: Annotated[Literal["skip", "refuse"], AnyCase] = Field(
        "skip", description="a version that fails at the start: skip serves the others, refuse ends the start"
    )
    log_level: Annotated[Level, AnyCase] = Field("info", description="the least level that is logged")
    log_format: Annotated[Literal["text", "json"], AnyCase] = Field("text", description="form of the log lines")
    access_log: bool = Field(True, description="whether requests are logged")
    engine: Annotated[Literal["auto", "onnx", "tensorflow"], AnyCase] = Field(
        "auto", description="what runs the networks; auto: the compiled form where it is proven, else TensorFlow"
    )
    workers: Annotated[Annotated[int, Field(ge=1, le=256)] | Literal["auto"], AnyCase] = Field(
        1, description="processes that serve; auto: one for each core that the service may use"
    )
    threads: int = Field(1, ge=1, le=256, description="threads of one model call")
    inline_ms: float | None = Field(
        None, ge=0, le=1000, description="model calls up to so long run on the event loop; default: by the cores"
    )
    max_batch: int = Field(64, ge=1, le=4096, description="waiting items a model takes at once")
    max_in_flight: int = Field(256, ge=1, le=100_000, description="requests being answered; another is refused")
    max_queue: int = Field(512, ge=1, le=100_000, description="waiting requests a model accepts")
    max_body_bytes: int = Field(
        4 << 20, ge=1024, le=1 << 30, description="largest request body; 1,000 series of 120 readings have up to 2.4 MB"
    )
    max_frame_bytes: int = Field(
        64 << 20,
        ge=1024,
        le=1 << 30,
        description="largest body of /nixtla and /v2, whose clients send whole data frames",
    )
    max_buffered_bytes: int = Field(
        96 << 20, ge=1 << 20, description="bodies over 64 KiB, of all requests together; another is refused"
    )
    max_connections: int = Field(1024, ge=1, le=100_000, description="open connections")
    body_timeout_ms: int = Field(
        10_000, ge=1, le=600_000, description="time for the headers, and for a body, to arrive"
    )
    timeout_ms: int = Field(10_000, ge=1, le=600_000, description="deadline where none is sent")
    max_timeout_ms: int = Field(60_000, ge=1, le=600_000, description="longest deadline that a request may ask for")
    keep_alive_s: float = Field(75, ge=0, le=3600, description="how long an idle connection stays open")
    grace_s: float = Field(3, ge=0, le=3600, description="after SIGTERM: serving goes on so long, readyz says 503")
    shutdown_s: int = Field(8, ge=0, le=3600, description="after that: time to finish the requests in flight")
    admin_key: SecretStr | None = Field(
        None, min_length=MIN_KEY_CHARACTERS, description="key of /admin/…; without one, they are shut"
    )
    admin_key_file: Path | None = Field(None, description="file that holds the admin key")
    api_keys_file: Path | None = Field(None, description="keys of callers; without the file, no key is asked for")
    rate_requests: float | None = Field(None, gt=0, description="requests a second of one caller, on average")
    rate_items: float | None = Field(None, gt=0, description="series or texts a second of one caller, on average")
    rate_burst_s: float = Field(10, ge=1, le=3600, description="seconds of its rate that a caller may use at once")
    trusted_proxies: Names = Field((), description="addresses or networks whose X-Forwarded-… headers are believed")
    root_path: str = Field(
        "", pattern=r"^(/[A-Za-z0-9._~-]+)*$", description="path under which a proxy offers the service"
    )
    allowed_hosts: Names = Field((), description="hosts that may be asked for (*.example.com too); default: any")
    cors_origins: Names = Field((), description="origins whose pages may call the service; * for any; default: none")
    playground: bool = Field(True, description="whether / has the playground; otherwise it leads to /docs")
    operations_port: int | None = Field(
        None, ge=0, le=65535, description="port of its own for /metrics and /admin, which the other one then lacks"
    )
    tls_cert_file: Path | None = Field(None, description="certificate chain; with it the service speaks TLS")
    tls_key_file: Path | None = Field(None, description="private key of the certificate")
    max_tensorflow_reloads: int = Field(
        20, ge=0, description="SavedModels that TensorFlow may load after the start: it never gives their memory back"
    )

    @model_validator(mode="before")
    @classmethod
    def _without_service_links(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if not is_service_link(name, value)}

    @cached_property
    def cores(self) -> int:
        """The cores for each worker, where `workers` is a number: at least one."""
        return max(1, usable_cores() // (self.workers if isinstance(self.workers, int) else 1))

    @cached_property
    def admin_secret(self) -> SecretStr | None:
        """The key of /admin/…, from the setting or from the file; without one, None. A line end after it is no part of it.

        Raises OSError or UnicodeDecodeError for a file that cannot be read.
        """
        if self.admin_key_file is None:
            return self.admin_key
        with self.admin_key_file.open("rb") as file:
            content = file.read(MAX_KEY_BYTES).decode()
        return SecretStr(content.removesuffix("\n").removesuffix("\r"))


def is_service_link(name: str, value: object) -> bool:
    """Whether the value of a setting is the address of a Kubernetes Service, and not meant as a setting."""
    return name.endswith("port") and isinstance(value, str) and SERVICE_LINK.match(value) is not None
