"""The chart as Helm renders it, one case of values at a time. Renderings are kept: many tests read the same one."""

import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import kubernetes_validate
import yaml  # type: ignore[import-untyped]

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy/helm/gatecast"
VALUES = Path(__file__).parent / "values"
RELEASE, NAMESPACE = "shop", "ml"
NEWEST = kubernetes_validate.latest_version()
VERSIONS = ("1.28", "1.32", "1.35", NEWEST.removesuffix(".0"))
CASES = tuple(sorted(path.stem for path in VALUES.glob("*.yaml")))
HELM = shutil.which("helm") or str(ROOT / ".venv/deploy/bin/helm")

Object = Mapping[str, Any]


class Refused(Exception):
    """Helm refused the values; its text is what a user reads."""


class Rendering(NamedTuple):
    """The objects of one rendering."""

    objects: tuple[Object, ...]

    def all(self, kind: str) -> list[Object]:
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, kind: str, suffix: str = "") -> Any:
        """The only object of this kind, or the only one whose name has this end."""
        (found,) = [each for each in self.all(kind) if each["metadata"]["name"].endswith(suffix)]
        return found

    @property
    def pod(self) -> Any:
        return self.one("Deployment")["spec"]["template"]["spec"]

    @property
    def container(self) -> Any:
        (container,) = self.pod["containers"]
        return container

    @property
    def variables(self) -> dict[str, str]:
        return {each["name"]: each.get("value", "") for each in self.container["env"]}


def helm(*arguments: str) -> str:
    """Run Helm. Raises Refused with what it wrote."""
    done = subprocess.run([HELM, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if done.returncode:
        raise Refused(done.stderr)
    return done.stdout


def template(*options: str, chart: Path = CHART, kubernetes: str = "1.35", release: str = RELEASE) -> str:
    return helm("template", release, str(chart), "--namespace", NAMESPACE, "--kube-version", kubernetes, *options)


def parsed(text: str) -> Rendering:
    return Rendering(tuple(each for each in yaml.safe_load_all(text) if each))


@cache
def rendered(case: str, kubernetes: str = "1.35") -> Rendering:
    """A file of values/, rendered for a version of Kubernetes."""
    return parsed(template("--values", str(VALUES / f"{case}.yaml"), kubernetes=kubernetes))


def with_values(*assignments: str, kubernetes: str = "1.35", release: str = RELEASE) -> Rendering:
    """The defaults, and NAME=VALUE; the value is JSON."""
    options = [part for each in assignments for part in ("--set-json", each)]
    return parsed(template(*options, kubernetes=kubernetes, release=release))


def supported(case: str, kubernetes: str) -> bool:
    """Whether the chart accepts this case there: image volumes need 1.35."""
    return case != "image_volumes" or tuple(map(int, kubernetes.split("."))) >= (1, 35)
