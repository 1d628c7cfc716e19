"""checkov's policies for Kubernetes over every case. What does not apply is listed here, each with its reason."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.chart.charts import CASES, VALUES, template

EXCEPTIONS = {
    (
        "CKV_K8S_11",
        "Deployment",
    ): "no CPU limit: the kernel would halt the service for the rest of each 100 ms that used its share",
    (
        "CKV_K8S_15",
        "Deployment",
    ): "pull always: a new pod must start while the registry is away; a tag or digest never changes",
    ("CKV_K8S_15", "Pod"): "as the Deployment",
    ("CKV_K8S_43", "Deployment"): "image by digest: that is image.digest; whoever pushes the image knows it",
    ("CKV_K8S_43", "Pod"): "as the Deployment",
    ("CKV_K8S_8", "Pod"): "liveness: the pod of `helm test` ends by itself",
    ("CKV_K8S_9", "Pod"): "readiness: nobody asks that pod",
    ("CKV2_K8S_6", "Pod"): "a NetworkPolicy: nobody reaches that pod, and it lives for a second",
}


def findings(folder: Path) -> dict[tuple[str, str], str]:
    """What checkov finds in all files of a directory, by policy and kind: one of the objects."""
    options = ["--framework", "kubernetes", "--output", "json", "--compact", "--quiet", "--soft-fail"]
    command = [sys.executable, "-m", "checkov.main", "--directory", str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 0
    assert report["summary"]["parsing_errors"] == 0
    failed = report["results"]["failed_checks"]
    return {
        (each["check_id"], each["resource"].split(".")[0]): f"{each['check_name']}, {each['file_path']}"
        for each in failed
    }


def test_no_policy_is_broken_but_for_a_reason(tmp_path_factory: pytest.TempPathFactory) -> None:
    """All cases at once, as checkov takes seconds to start. An exception that nothing needs any more has to go."""
    folder = tmp_path_factory.mktemp("rendered")
    for case in CASES:
        (folder / f"{case}.yaml").write_text(template("--values", str(VALUES / f"{case}.yaml")))
    found = findings(folder)
    assert {key: text for key, text in found.items() if key not in EXCEPTIONS} == {}
    assert set(EXCEPTIONS) <= set(found)
