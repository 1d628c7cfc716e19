"""`models/<name>/policy.json`: read within limits, written whole or not at all."""

import os
from pathlib import Path

from pydantic_core import from_json

from ..artifacts.files import read_text, refuse, refusing, replace_file
from ..policies import NEWEST, Policy, PolicyFault, read_policy

POLICY_FILE = "policy.json"
MAX_POLICY_BYTES = 4096


def read_policy_file(model: Path) -> Policy:
    """Return the policy in the directory of a model, `NEWEST` where there is no file. Raises BundleError."""
    file = model / POLICY_FILE
    with refusing(file):
        if not os.path.lexists(file):
            return NEWEST
        text = read_text(file, MAX_POLICY_BYTES)
        try:
            content = from_json(text, allow_inf_nan=False)
        except ValueError as error:
            refuse(file, f"is not JSON: {error}")
        try:
            return read_policy(content)
        except PolicyFault as fault:
            refuse(file, str(fault))


def write_policy_file(model: Path, policy: Policy) -> Path:
    """Write the policy of a model: into a hidden file beside it, on the disk, and renamed. Returns its path.

    Raises OSError.
    """
    file = model / POLICY_FILE
    replace_file(file, policy.to_json().encode(), beside=model, prefix=f".{POLICY_FILE}-")
    return file
