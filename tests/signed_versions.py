"""Versions on disk with a compiled form, and keys that sign them. No network of theirs could be loaded."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.artifacts import bundle, onnx, signing
from service.artifacts.trusted_keys import TrustedKey, TrustedKeys
from tests import fakes


def private_key(number: int = 1) -> Ed25519PrivateKey:
    """A key that is the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def trusting(*numbers: int) -> TrustedKeys:
    """The public halves of some keys."""
    return TrustedKeys(TrustedKey(f"key-{n}", private_key(n).public_key().public_bytes_raw()) for n in numbers)


def save(models_dir: Path, name: str = "gru", version: str = "1", *, compiled: bool = True) -> Path:
    """Write a version of a forecaster."""
    original = fakes.forecast_bundle(fakes.forecast_card(name, version))

    def write(path: Path) -> None:
        (path / "variables").mkdir()
        (path / "variables" / "data").write_bytes(b"weights")
        (path / "saved_model.pb").write_bytes(b"program")
        (path / "fingerprint.pb").write_bytes(b"f")

    path = bundle.save(models_dir, original.card, original.golden, write, scaler=original.scaler)
    if compiled:
        onnx.write(path, b"network", ["", "[UNK]"])
    return path


def signed(models_dir: Path, *keys: int, name: str = "gru", version: str = "1", compiled: bool = True) -> Path:
    """Write a version that some keys signed."""
    path = save(models_dir, name, version, compiled=compiled)
    for number in keys:
        signing.sign(path, private_key(number))
    return path
