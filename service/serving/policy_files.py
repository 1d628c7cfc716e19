"""`models/<name>/policy.json`: read within limits, written whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from ..artifacts.files import read_text, refuse, refusing, replace_file
from ..policies import NEWEST, Policy, PolicyFault, read_policy, shown

POLICY_FILE = "policy.json"
MAX_POLICY_BYTES = 4096
BYTE_ORDER_MARK = "\ufeff"  # some editors begin a text with it


def read_policy_file(model: Path) -> Policy:
    """Return the policy in the directory of a model, `NEWEST` where there is no file. Raises BundleError."""
    file = model / POLICY_FILE
    with refusing(file):
        if not os.path.lexists(file):
            return NEWEST
        text = read_text(file, MAX_POLICY_BYTES).removeprefix(BYTE_ORDER_MARK)
        try:
            from_json(text, allow_inf_nan=False)  # it limits the depth, and says where a fault is
        except ValueError as error:
            refuse(file, f"is not JSON: {error}")
        try:
            return read_policy(json.loads(text, object_pairs_hook=_without_twins))
        except PolicyFault as fault:
            refuse(file, str(fault))


def write_policy_file(model: Path, policy: Policy) -> Path:
    """Write the policy of a model: into a hidden file beside it, on the disk, and renamed. Returns its path.

    Raises OSError.
    """
    file = model / POLICY_FILE
    replace_file(file, policy.to_json().encode(), beside=model, prefix=f".{POLICY_FILE}-")
    return file


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a key stands there twice: the parsers would take the last one, and the writer may mean the first."""
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        raise PolicyFault(f"has the key {shown(next(key for key in keys if keys.count(key) > 1))} twice")
    return content
