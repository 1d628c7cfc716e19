"""Model versions as components of the type machine-learning-model, with the facts of their cards."""

import hashlib
import json
from typing import Any

from .content import Content

Component = dict[str, Any]
TASKS = {"forecast": "time series forecasting", "sentiment": "text classification"}


def components(content: Content) -> list[Component]:
    """Return a component for each version, by name and number. A directory without a card is none."""
    versions = sorted(version for version, files in content.models.items() if "manifest.json" in files)
    return [_component(content, version) for version in versions]


def _component(content: Content, version: tuple[str, str]) -> Component:
    kept = content.models[version]
    card = json.loads(kept["manifest.json"])
    name, number = version
    sums = kept.get("SHA256SUMS", b"")
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{name}/{number}",
        "name": name,
        "version": number,
        "description": f"{card['network']}; {card['parameters']:,} parameters",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(sums).hexdigest()}],
        "properties": _properties(card, kept),
        "components": _files(content, version),
        "modelCard": _card(card),
    }


def _properties(card: dict[str, Any], kept: dict[str, bytes]) -> list[dict[str, str]]:
    """What the format has no field for. The first one says which bytes the hash is of."""
    found = [("hash-of", "SHA256SUMS, which lists the version's files"), ("created", card["created"])]
    found += [(f"made-with:{package}", version) for package, version in sorted(card["made_with"].items())]
    signers = [
        line.split()[0] for line in kept.get("SIGNATURES", b"").decode("ascii", "replace").splitlines()[1:] if line
    ]
    found += [("signed-by", signer) for signer in signers]
    return [{"name": f"gatecast:{name}", "value": str(value)} for name, value in found]


def _files(content: Content, version: tuple[str, str]) -> list[Component]:
    name, number = version
    return [
        {
            "type": "file",
            "bom-ref": f"model:{name}/{number}/{file}",
            "name": f"models/{name}/{number}/{file}",
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }
        for file, digest in sorted(content.model_files[version].items())
    ]


def _card(card: dict[str, Any]) -> dict[str, Any]:
    data = card.get("sets") or [card["data"]]
    return {
        "modelParameters": {
            "approach": {"type": "supervised"},
            "task": TASKS.get(card["task"], card["task"]),
            "architectureFamily": "recurrent neural network",
            "modelArchitecture": card["network"],
            "datasets": [_dataset(each) for each in data],
        },
        "quantitativeAnalysis": {"performanceMetrics": _metrics(card)},
        "considerations": {"technicalLimitations": card["limits"]},
    }


def _dataset(data: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": "dataset",
        "name": str(data.get("source") or data.get("name") or "training data"),
    }
    if data.get("sha256"):
        described["contents"] = {"properties": [{"name": "gatecast:sha256", "value": data["sha256"]}]}
    return described


def _metrics(card: dict[str, Any]) -> list[dict[str, str]]:
    """The model's own scores; those of baselines are in its card."""
    return [
        {
            "type": metric,
            "value": f"{value:g}",
            "slice": f"{score['split']}{', steps ' + score['steps'] if score.get('steps') else ''}",
        }
        for score in card["scores"]
        if score["subject"] == "model"
        for metric, value in sorted(score["metrics"].items())
    ]
