"""promtool finds nothing wrong with the names, types and texts of the service's metrics."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv" / "bin" / "python"


@pytest.fixture(scope="module")
def text():
    """What /metrics answers, by a process with the service's packages: those of these tests are others."""
    command = [PYTHON, "-m", "tests.deploy.observability.metrics_text"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300).stdout


def test_promtool_has_no_complaint(text):
    """Not even about style: units, suffixes, help texts, reserved labels."""
    promtool = shutil.which("promtool") or str(Path(PYTHON).parents[1] / "deploy" / "bin" / "promtool")
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(
    "sample",
    [
        'gatecast_refusals_total{handler="/forecast",reason="not_ready"} 1.0',
        'gatecast_refused_versions{model="gru",version="3"} 1.0',
        'http_requests_total{handler="other",method="GET",status="404"} 1.0',
        'http_request_duration_seconds_count{handler="/forecast",status="2xx"} 1.0',
        'gatecast_queue_wait_seconds_count{model="gru",version="2"} 1.0',
    ],
)
def test_what_was_done_is_in_the_text(text, sample):
    """So that what is checked is not empty."""
    assert sample in text.splitlines()
