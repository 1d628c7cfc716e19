"""The versions on disk and what their policies make of them, without a service: for `gatecast versions`."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from ..artifacts import bundle
from ..artifacts.files import BundleError
from ..policies import NEWEST, Policy, PolicyFault
from .arms import Arms, arms_of
from .directories import find_versions
from .policy_files import POLICY_FILE, read_policy_file
from .registry import quoted

SETTING = "GATECAST_VERSIONS"


class VersionState(NamedTuple):
    """A version on disk: its share of the requests that name none, from 0 to 1, and what it is in words."""

    model: str
    version: str
    share: float
    state: str
    policy: str


class Model(NamedTuple):
    """A model on disk. `faults` has every version, with "" or what is wrong with it."""

    directory: Path
    faults: Mapping[int, str]

    @property
    def whole(self) -> list[int]:
        """The versions that can be served, as far as their files tell."""
        return [version for version, fault in self.faults.items() if not fault]


class CannotChoose(ValueError):
    """A policy must not be written, and why."""


def find_models(models_dir: Path) -> dict[str, Model]:
    """Return the models by name, every file compared with its checksum. Raises BundleError if the directory has none."""
    models: dict[str, Model] = {}
    for path in sorted(find_versions(models_dir).versions, key=lambda path: (path.parent.name, int(path.name))):
        model = models.setdefault(path.parent.name, Model(path.parent, {}))
        assert isinstance(model.faults, dict)
        model.faults[int(path.name)] = _fault_of(path)
    return models


def find_model(models: Mapping[str, Model], name: str) -> Model:
    """Return a model by name. Raises CannotChoose with the names there are."""
    if name in models:
        return models[name]
    close = get_close_matches(name, models, 1, 0.6)
    raise CannotChoose(
        f"there is no model '{name}'; " + (f"did you mean '{close[0]}'?" if close else f"there are {quoted(models)}")
    )


def states_of(name: str, model: Model, setting: Mapping[str, Policy]) -> list[VersionState]:
    """Return the versions of a model, oldest first. `setting` has policies that win over its file."""
    try:
        policy = setting[name] if name in setting else read_policy_file(model.directory)
    except BundleError as error:
        return [VersionState(name, str(version), 0, f"policy refused: {error}", "") for version in model.faults]
    source = SETTING if name in setting else str(model.directory / POLICY_FILE)
    arms, note = _arms(model, policy, source)
    rows = []
    for version, fault in model.faults.items():
        part = arms.part_of(version)[0] if arms else ""
        state = f"refused: {fault}" if fault else {"stable": "answers", "canary": "canary", "": "loaded"}[part]
        rows.append(VersionState(name, str(version), arms.share_of(version) if arms else 0, state, str(policy)))
    if note:
        rows.append(VersionState(name, "-", 0, note, str(policy)))
    return rows


def choose(model: Model, *, newest: bool, pin: int | None, canary: int | None, percent: float | None) -> Policy:
    """Return the policy that is asked for. Raises CannotChoose for what is not there, or does not go together."""
    if newest and (pin is not None or canary is not None):
        raise CannotChoose("--newest goes with neither --pin nor --canary")
    if (canary is None) != (percent is None):
        raise CannotChoose("--canary and --percent go together: --canary 6 --percent 5")
    if newest:
        return NEWEST
    for version in (pin, canary):
        if version is not None:
            _check_there(model, version)
    if canary is None or percent is None:
        return Policy(str(pin))
    if not 0 <= percent <= 100:
        raise CannotChoose(f"--percent must be from 0 to 100, not {percent:g}")
    stable = _stable(model, canary) if pin is None else pin
    if stable == canary:
        raise CannotChoose(
            f"version {canary} answers already; a canary is another version (--pin N names what answers)"
        )
    return Policy(str(stable), str(canary), float(percent))


def _stable(model: Model, canary: int) -> int:
    """The version beside a canary where none is named: that which answers now, or else the newest other one."""
    try:
        version = read_policy_file(model.directory).version
    except BundleError as error:
        raise CannotChoose(f"{error}; --pin N names the version beside the canary") from None
    if version is not None:
        _check_there(model, int(version))
        return int(version)
    others = [version for version in model.whole if version != canary]
    if not others:
        raise CannotChoose(f"version {canary} is the only one of {model.directory}; a canary needs another beside it")
    return max(others)


def _check_there(model: Model, version: int) -> None:
    if version not in model.faults:
        raise CannotChoose(f"{model.directory} has no version {version}; there are {quoted(model.faults)}")
    if fault := model.faults[version]:
        raise CannotChoose(f"version {version} cannot be served: {fault}")


def _arms(model: Model, policy: Policy, source: str) -> tuple[Arms | None, str]:
    """Who answers, and what is to be said of it. None if nobody can. `source` is where the policy stands."""
    if not model.whole:
        return None, ""
    try:
        arms, warning = arms_of(policy, model.whole)
    except PolicyFault as fault:
        return None, f"refused: {source} {fault}"
    return arms, f"{source} {warning}" if warning else ""


def _fault_of(path: Path) -> str:
    """What is wrong with the files of a version, or ""."""
    try:
        bundle.verify(path)
    except BundleError as error:
        return str(error)
    return ""
