"""Every knob of the service. Each is read from the environment as GATECAST_<NAME>."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="GATECAST_", extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    models_dir: Path = Field(Path("models"), description="where <name>/<version>/ directories lie")
    log_level: str = Field("info", pattern="^(critical|error|warning|info|debug)$")
    threads: int = Field(1, ge=1, le=256, description="TensorFlow threads per model call")
    max_batch: int = Field(64, ge=1, le=4096, description="requests put into one model call")
    max_queue: int = Field(512, ge=1, le=100_000, description="waiting requests a model accepts")
    max_body_bytes: int = Field(1 << 20, ge=1024, description="largest request body")
    timeout_ms: int = Field(10_000, ge=1, le=600_000, description="deadline where none is sent")
    shutdown_s: int = Field(8, ge=0, le=3600, description="time to finish requests after SIGTERM")
