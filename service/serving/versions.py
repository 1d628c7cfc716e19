"""What is said of the versions of models: their names, what a reload changed, and what it has prepared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..policies import Policy
from .arms import Arms
from .registry import LoadedModel, Registry


class VersionName(NamedTuple):
    """A version of a model, as models/<name>/<version>/ names it."""

    name: str
    version: str


class VersionDigest(NamedTuple):
    """A version that was proven, by its content, and its part in answering requests that name no version.

    All fields are plain values, so that a list of these can be sent to another process.
    """

    name: str
    version: str
    digest: str
    part: str = ""  # "stable", "canary" or ""
    percent: float = 0.0  # of the canary


class RefusedVersion(NamedTuple):
    """A version that was not loaded, and why.

    Without a version, the directory of the model could not be read; without a name, the models directory.
    """

    name: str | None
    version: str | None
    reason: str


class Unsettled(NamedTuple):
    """What on disk may still be changing: versions, and models whose policy.json may be.

    Nothing of it is loaded, reported or retired. What serves of it serves on, by the policy that it has.
    """

    versions: frozenset[VersionName] = frozenset()
    policies: frozenset[str] = frozenset()


NOTHING_UNSETTLED = Unsettled()


class ReloadReport(NamedTuple):
    """What a reload changed."""

    loaded: list[VersionName]
    retired: list[VersionName]
    refused: list[RefusedVersion]
    tensorflow_loads: int  # SavedModels that TensorFlow loaded since the start
    tensorflow_loads_left: int


@dataclass(eq=False)
class Prepared:
    """The models of a reload, loaded and proven beside those that serve in `base`. `fresh` are those that were loaded.

    It is to be committed or discarded. The next `prepare` discards it too.
    """

    report: ReloadReport
    models: list[LoadedModel]
    arms: dict[str, Arms]
    policies: dict[str, Policy]
    fresh: list[LoadedModel]
    base: Registry

    @property
    def proven(self) -> list[VersionDigest]:
        """Every version that would serve: what another process is to prepare, so that both serve the same."""
        return list_versions(self.models, self.arms)


def list_versions(models: Iterable[LoadedModel], arms: Mapping[str, Arms]) -> list[VersionDigest]:
    """The versions of loaded models, with their parts."""
    versions = []
    for model in models:
        card = model.predictor.card
        part = arms[card.name].part_of(int(card.version))
        versions.append(VersionDigest(card.name, card.version, model.digest, *part))
    return versions
