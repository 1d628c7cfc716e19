"""Every knob of the service. Each is read from the environment as GATECAST_<NAME>."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="GATECAST_", extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    models_dir: Path = Field(Path("models"), description="where <name>/<version>/ directories lie")
    log_level: str = Field("info", pattern="^(critical|error|warning|info|debug)$")
    engine: Literal["auto", "onnx", "tensorflow"] = Field(
        "auto", description="what runs the networks; auto: the compiled form where it is proven, else TensorFlow"
    )
    threads: int = Field(1, ge=1, le=256, description="threads of one model call")
    inline_ms: float | None = Field(
        None, ge=0, le=1000, description="model calls up to so long run on the event loop; default: by the cores"
    )
    max_batch: int = Field(64, ge=1, le=4096, description="waiting items a model takes at once")
    max_in_flight: int = Field(256, ge=1, le=100_000, description="requests being answered; another is refused")
    max_queue: int = Field(512, ge=1, le=100_000, description="waiting requests a model accepts")
    max_body_bytes: int = Field(1 << 20, ge=1024, description="largest request body")
    timeout_ms: int = Field(10_000, ge=1, le=600_000, description="deadline where none is sent")
    grace_s: float = Field(3, ge=0, le=3600, description="after SIGTERM: serving goes on so long, readyz says 503")
    shutdown_s: int = Field(8, ge=0, le=3600, description="after that: time to finish the requests in flight")
    admin_key: SecretStr | None = Field(None, min_length=16, description="key of /admin/…; without one, they are shut")
    max_tensorflow_reloads: int = Field(
        20, ge=0, description="SavedModels that TensorFlow may load after the start: it never gives their memory back"
    )
