"""checkov's policies for Kubernetes over every case. What does not apply is listed here, each with its reason."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from charts import CASES, NAMESPACE, VALUES, template

SKIPPED = {
    "CKV_K8S_11": "no CPU limit: the kernel would halt the service for the rest of each 100 ms in which it used its share",
    "CKV_K8S_43": "image by digest: image.digest does it; which one is known to whoever pushes the image",
    "CKV_K8S_35": "secrets as files: they are; the pod has no Secret in a variable",
}


def findings(folder: Path) -> list[str]:
    """What checkov finds in all files of a directory, as `CHECK object`."""
    options = ["--framework", "kubernetes", "--output", "json", "--compact", "--quiet", "--soft-fail"]
    command = [sys.executable, "-m", "checkov.main", "--directory", str(folder), *options, "--skip-check", ",".join(SKIPPED)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 0
    assert report["summary"]["parsing_errors"] == 0
    return [f"{each['check_id']} {each['check_name']}: {each['file_path']} {each['resource']}" for each in report["results"]["failed_checks"]]


def test_no_policy_is_broken_in_any_case(tmp_path_factory: pytest.TempPathFactory) -> None:
    """All cases at once: checkov takes seconds to start."""
    folder = tmp_path_factory.mktemp("rendered")
    for case in CASES:
        (folder / f"{case}.yaml").write_text(template("--values", str(VALUES / f"{case}.yaml")))
    assert NAMESPACE != "default"
    assert findings(folder) == []
