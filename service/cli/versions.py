"""`gatecast versions`: which version of a model answers; it lists them, and writes the policy of one."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import exits
from .options import Models

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..policies import Policy
    from ..serving.version_states import Model, VersionState

Name = Annotated[str | None, typer.Argument(help="Of one model alone", show_default=False)]
Newest = Annotated[bool, typer.Option("--newest", help="Let the newest version answer")]
Pin = Annotated[int | None, typer.Option(min=1, help="Let this version answer")]
Canary = Annotated[int | None, typer.Option(min=1, help="Let this version answer --percent of the requests")]
Percent = Annotated[float | None, typer.Option(help="Of the requests, from 0 to 100")]
Json = Annotated[bool, typer.Option("--json", help="A JSON object in each line")]
TAKEN = "a running service takes it at its next look (GATECAST_WATCH_S) or reload (SIGHUP, POST /admin/reload)"


def add_to(app: typer.Typer) -> None:
    app.command()(versions)


def versions(
    name: Name = None,
    newest: Newest = False,
    pin: Pin = None,
    canary: Canary = None,
    percent: Percent = None,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """List the versions of models and their shares; or choose which one answers: NAME --newest, --pin N, --canary N --percent P."""
    from ..artifacts.files import BundleError
    from ..policies import no_such_model
    from ..serving.version_states import CannotChoose, find_model, find_models, states_of

    with exits.reporting():
        try:
            found = find_models(models or Path(os.environ.get("GATECAST_MODELS_DIR") or "models"))
            setting = _setting()
            for missing in sorted(setting.keys() - found.keys()):
                exits.warn(no_such_model(missing, found))
            if name is not None:
                found = {name: find_model(found, name)}
            if newest or pin is not None or canary is not None or percent is not None:
                if name is None:
                    raise CannotChoose("which model? its NAME comes first: gatecast versions sentiment --pin 5")
                _write(found[name], newest=newest, pin=pin, canary=canary, percent=percent)
                if name in setting:
                    exits.warn(f"GATECAST_VERSIONS names '{name}' here, and wins over its policy.json")
            states = [state for each, model in found.items() for state in states_of(each, model, setting)]
        except CannotChoose as error:
            raise exits.fail(str(error), exits.USAGE) from None
        except BundleError as error:
            raise exits.fail(str(error), exits.MODEL) from None
        _print(states, as_json=as_json)


def _write(model: "Model", *, newest: bool, pin: int | None, canary: int | None, percent: float | None) -> None:
    from ..serving.policy_files import write_policy_file
    from ..serving.version_states import choose

    policy = choose(model, newest=newest, pin=pin, canary=canary, percent=percent)
    file = write_policy_file(model.directory, policy)
    print(f"{file}: {policy}; {TAKEN}", file=sys.stderr)


def _setting() -> "Mapping[str, Policy]":
    """The policies of GATECAST_VERSIONS. Raises CannotChoose."""
    from ..policies import PolicyFault, read_setting
    from ..serving.version_states import CannotChoose

    entries = os.environ.get("GATECAST_VERSIONS", "").split(",")
    try:
        return read_setting([entry.strip() for entry in entries if entry.strip()])
    except PolicyFault as fault:
        raise CannotChoose(f"GATECAST_VERSIONS: {fault}") from None


def _print(states: "Sequence[VersionState]", *, as_json: bool) -> None:
    if as_json:
        for state in states:
            print(json.dumps(state._asdict(), ensure_ascii=False))
        return
    rows = [("MODEL", "VERSION", "SHARE", "POLICY", "STATE")]
    rows += [(s.model, s.version, f"{s.share * 100:g} %", s.policy, s.state) for s in states]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]))
