"""A real server process for tests."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[1]
KEY = "correct horse battery"


@contextmanager
def serving(models, **settings):
    """`python -m service` on a free port; yields the process and a client."""
    environment = os.environ | {"GATECAST_PORT": "0", "GATECAST_MODELS_DIR": str(models), "GATECAST_ADMIN_KEY": KEY}
    environment |= {f"GATECAST_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "service"]
    with (
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process,
        ThreadPoolExecutor(1) as reader,
    ):
        try:
            assert process.stderr is not None
            log = []
            for line in process.stderr:
                log.append(line)
                if found := re.search(r"running on (http://\S+)", line):
                    break
            else:
                pytest.fail("the server did not start:\n" + "".join(log))
            process.log = reader.submit(process.stderr.read)
            with httpx.Client(base_url=found[1], timeout=30) as client:
                yield process, client
        finally:
            process.kill()
