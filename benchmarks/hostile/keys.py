"""A file of API keys for the service under attack."""

import hashlib
import json
import secrets
from pathlib import Path

SCOPES = ["forecast", "sentiment", "models", "metrics"]


def write_keys(path: Path) -> str:
    """Write a file with one key, and return the key."""
    key = secrets.token_urlsafe(32)
    digest = hashlib.sha256(key.encode()).hexdigest()
    path.write_text(json.dumps({"keys": [{"name": "bystander", "sha256": digest, "scopes": SCOPES}]}))
    return key
