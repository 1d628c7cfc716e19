"""What is to serve: the versions on disk and the policies of their models, or what another process has proven.

Both load and verify what is new beside what serves, and keep what serves where its successor cannot be used. Nothing is
swapped here. The batchers of new versions are made in the end, without waiting, so that a scan that fails leaves nothing open.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..artifacts.files import BundleError
from ..forecast.forecaster import Forecaster
from ..policies import NEWEST, Policy, PolicyFault, no_such_model, read_setting
from ..sentiment.classifier import SentimentClassifier
from ..settings import Settings
from .arms import Arms, arms_of
from .directories import find_versions
from .loading import Loader
from .policy_files import POLICY_FILE, read_policy_file
from .registry import LoadedClassifier, LoadedModel, Registry
from .versions import Prepared, RefusedVersion, ReloadReport, Unsettled, VersionDigest, VersionName

DEFAULT_IS_GONE = "GATECAST_SENTIMENT_MODEL names this model, and it is no longer in the models directory; what was loaded of it serves on"
log = logging.getLogger("gatecast")


@dataclass
class _Draft:
    """What a scan has found so far. `serving` is what serves now; of the names in `held` nothing is changed."""

    serving: Mapping[VersionName, LoadedModel]
    policies: dict[str, Policy]
    models: dict[VersionName, LoadedModel] = field(default_factory=dict)
    fresh: dict[VersionName, tuple[Forecaster | SentimentClassifier, str]] = field(default_factory=dict)
    refused: list[RefusedVersion] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    arms: dict[str, Arms] = field(default_factory=dict)

    def names(self) -> set[str]:
        return {key.name for key in (*self.models, *self.fresh)}

    def versions_of(self, name: str) -> list[int]:
        return sorted(int(key.version) for key in (*self.models, *self.fresh) if key.name == name)

    def hold(self, name: str) -> None:
        """Let what serves of a model serve on as it does."""
        self.held.add(name)
        for key in [key for key in self.fresh if key.name == name]:
            del self.fresh[key]
        others = {key: model for key, model in self.models.items() if key.name != name}
        self.models = others | {key: model for key, model in self.serving.items() if key.name == name}


class Scanner:
    """Prepares what is to serve in place of a registry. `loader` loads versions."""

    def __init__(self, settings: Settings, loader: Loader) -> None:
        self._settings = settings
        self._loader = loader
        self._setting = read_setting(settings.versions)

    async def scan(
        self, base: Registry, before: Mapping[str, Policy], unsettled: Unsettled, *, is_reload: bool
    ) -> Prepared:
        """Prepare what is on disk: what is loaded and unchanged, and new versions, verified.

        `before` has the policies in use. What is `unsettled` is not looked at.
        """
        draft = _Draft(_by_name(base), {})
        try:
            await self._loader.read_trusted()
            found = await asyncio.to_thread(find_versions, self._settings.models_dir)
        except BundleError as error:
            return self._nothing_new(draft, base, before, error)
        for ignored in found.ignored:
            log.warning("ignored: %s", ignored)
        # what cannot be looked into may be there still, so nothing of it is retired
        for name, reason in found.unreadable.items():
            draft.hold(name)
            draft.refused.append(RefusedVersion(name, None, reason))
        draft.models |= {key: model for key, model in draft.serving.items() if key in unsettled.versions}
        for path in found.versions:
            key = VersionName(path.parent.name, path.name)
            if key not in unsettled.versions:
                await self._take(draft, key, path, is_reload=is_reload)
        await self._apply_policies(draft, {path.parent.name for path in found.versions}, before, unsettled)
        self._keep_default(draft)
        return self._prepared(draft, base, before)

    async def take(
        self, base: Registry, before: Mapping[str, Policy], only: Collection[VersionDigest], *, is_reload: bool
    ) -> Prepared:
        """Prepare these versions and no others, with their parts. What is on disk with another digest is refused."""
        draft = _Draft(_by_name(base), {})
        try:
            await self._loader.read_trusted()
        except BundleError as error:
            return self._nothing_new(draft, base, before, error)
        for each in only:
            key = VersionName(each.name, each.version)
            if key in draft.serving and draft.serving[key].digest == each.digest:
                draft.models[key] = draft.serving[key]
                continue
            path = self._settings.models_dir / each.name / each.version
            await self._take(draft, key, path, is_reload=is_reload)
            if key in draft.fresh and draft.fresh[key][1] != each.digest:
                del draft.fresh[key]
                draft.refused.append(RefusedVersion(*key, f"{path} was changed after another worker had proven it"))
        for name in draft.names():
            draft.policies[name] = policy = _policy_of([each for each in only if each.name == name])
            try:
                draft.arms[name], _ = arms_of(policy, draft.versions_of(name))
            except PolicyFault:  # it is among the refused
                draft.hold(name)
        return self._prepared(draft, base, before)

    def _nothing_new(self, draft: _Draft, base: Registry, before: Mapping[str, Policy], error: BundleError) -> Prepared:
        """All serves on as it does: what is on disk, or whom to trust, cannot be known."""
        for name in {key.name for key in draft.serving}:
            draft.hold(name)
        draft.refused.append(RefusedVersion(None, None, "; ".join(error.faults)))
        return self._prepared(draft, base, before)

    async def _take(self, draft: _Draft, key: VersionName, path: Path, *, is_reload: bool) -> None:
        """Keep a version that is loaded and unchanged, or load it; if that fails, what serves of it is kept."""
        serving = draft.serving.get(key)
        try:
            if serving is not None and serving.digest == await self._loader.digest(path):
                draft.models[key] = serving
                return
            draft.fresh[key] = await self._loader.load(path, is_reload=is_reload)
        except BundleError as error:
            log.debug("refused", exc_info=error)
            draft.refused.append(RefusedVersion(*key, str(error)))
            if serving is not None:
                draft.models[key] = serving

    async def _apply_policies(
        self, draft: _Draft, on_disk: set[str], before: Mapping[str, Policy], unsettled: Unsettled
    ) -> None:
        """Choose the versions that answer. A model whose policy cannot be used stays as it is."""
        for name in sorted((draft.names() | self._setting.keys()) - draft.held):
            try:
                policy = await asyncio.to_thread(self._policy, name)
            except BundleError as error:
                draft.refused.append(RefusedVersion(name, None, str(error)))
                draft.hold(name)
                continue
            versions = draft.versions_of(name)
            is_coming = any(
                each in unsettled.versions and int(each.version) not in versions for each in _wanted(name, policy)
            )
            if name not in self._setting and (is_coming or name in unsettled.policies):
                policy = before.get(name, NEWEST)
            draft.policies[name] = policy
            if name not in on_disk and not versions:
                draft.refused.append(RefusedVersion(name, policy.version, no_such_model(name, on_disk)))
                draft.hold(name)
            else:
                self._choose_arms(draft, name)

    def _policy(self, name: str) -> Policy:
        """The policy of a model: of the setting, or of its file. Raises BundleError. Reads a file."""
        return self._setting[name] if name in self._setting else read_policy_file(self._settings.models_dir / name)

    def _choose_arms(self, draft: _Draft, name: str) -> None:
        policy, versions = draft.policies[name], draft.versions_of(name)
        if not versions:
            return  # all of them are refused, each with its reason
        file = self._settings.models_dir / name / POLICY_FILE
        source = "GATECAST_VERSIONS" if name in self._setting else str(file)
        try:
            draft.arms[name], warning = arms_of(policy, versions)
        except PolicyFault as fault:
            draft.refused.append(RefusedVersion(name, policy.version, f"{source} {fault}"))
            draft.hold(name)
            return
        if warning:
            log.warning("%s: %s %s", name, source, warning)

    def _keep_default(self, draft: _Draft) -> None:
        """Let the sentiment model that the setting names serve on if it is no longer on disk.

        So that no other model answers in its name.
        """
        name = self._settings.sentiment_model
        if name is None or not any(key.name == name for key in draft.serving):
            return
        is_there = any(key.name == name and isinstance(model, LoadedClassifier) for key, model in draft.models.items())
        is_new = any(key.name == name and isinstance(p, SentimentClassifier) for key, (p, _) in draft.fresh.items())
        if not is_there and not is_new:
            draft.hold(name)
            draft.refused.append(RefusedVersion(name, None, DEFAULT_IS_GONE))

    def _prepared(self, draft: _Draft, base: Registry, before: Mapping[str, Policy]) -> Prepared:
        """Make the batchers, and say what is different."""
        fresh = {key: self._loader.with_batcher(*loaded) for key, loaded in draft.fresh.items()}
        models = draft.models | fresh
        names = {key.name for key in models}
        held = draft.held & names
        arms = {name: arms for name, arms in draft.arms.items() if name in names - held}
        policies = {name: policy for name, policy in draft.policies.items() if name in names - held}
        report = ReloadReport(
            [*fresh],
            [key for key in draft.serving if key not in models],
            draft.refused,
            self._loader.tensorflow_loads,
            self._loader.tensorflow_loads_left,
        )
        return Prepared(
            report,
            [*models.values()],
            arms | {name: base.arms[name] for name in held},
            policies | {name: before[name] for name in held if name in before},
            [*fresh.values()],
            base,
        )


def _by_name(registry: Registry) -> dict[VersionName, LoadedModel]:
    return {VersionName(m.predictor.card.name, m.predictor.card.version): m for m in registry}


def _wanted(name: str, policy: Policy) -> list[VersionName]:
    """The versions that a policy names."""
    return [VersionName(name, version) for version in (policy.version, policy.canary) if version is not None]


def _policy_of(versions: Sequence[VersionDigest]) -> Policy:
    """The policy by which these versions of a model have their parts."""
    stable = next((each.version for each in versions if each.part == "stable"), None)
    canary = next((each for each in versions if each.part == "canary"), None)
    return Policy(stable) if canary is None else Policy(stable, canary.version, canary.percent)
