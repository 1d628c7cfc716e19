"""`python -m deploy.sbom IMAGE --lock requirements/slim.txt --out FILE`: run in .venv/sbom, see `make sbom`.

The image is exported by docker, once, without being run; `--archive` and `--inspect` take files instead (of `docker export` and
`docker image inspect`). The bill is checked against the schema before it is written. It has no time but SOURCE_DATE_EPOCH's, and the
same image gives the same bill.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from . import content, models, packages, system

NAMESPACE = uuid.UUID("a6f6ad9c-8a3f-5d6e-9f0e-6f5b3f1f7a51")  # of serial numbers


def main() -> int:
    """Write the bill of an image. Returns the exit status."""
    options = _parse()
    described = (
        json.loads(options.inspect.read_text())
        if options.inspect
        else json.loads(_docker("image", "inspect", options.image))
    )
    with tempfile.TemporaryDirectory() as directory, _files(options) as stream:
        environment = Path(directory) / "environment"
        found = content.read(stream, packages.environment(environment))
        bill = packages.bill(environment)
    packages.complete(bill.setdefault("components", []), found.records, packages.read_lock(options.lock))
    assemble(bill, described[0], found, options.image)
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)):
        print(f"error: the bill is not CycloneDX 1.6: {fault}", file=sys.stderr)
        return 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n")
    print(f"{options.out}: {len(bill['components'])} components", file=sys.stderr)
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.sbom", description="A bill of materials of a container image."
    )
    parser.add_argument("image", help="name of the image, such as gatecast:slim")
    parser.add_argument("--lock", type=Path, required=True, help="requirements file that the image was built with")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--archive", type=Path, help="its files, as `docker export` writes them")
    parser.add_argument("--inspect", type=Path, help="the output of `docker image inspect`")
    return parser.parse_args()


def assemble(bill: dict[str, Any], image: dict[str, Any], found: content.Content, name: str) -> None:
    """Add the image, the service, its models and its system to the bill of its packages."""
    labels = image["Config"].get("Labels") or {}
    version = labels.get("org.opencontainers.image.version", "0")
    digest = str(image["Id"])
    service = {"type": "application", "bom-ref": f"gatecast@{version}", "name": "gatecast", "version": version}
    service["licenses"] = [{"license": {"id": labels.get("org.opencontainers.image.licenses", "Apache-2.0")}}]  # type: ignore[assignment]
    own = [
        service,
        *models.components(found),
        *system.base(labels),
        *system.interpreter(found.python),
        *system.debian(found.dpkg),
    ]
    bill["components"] += own
    bill["metadata"]["component"] = {
        "type": "container",
        "bom-ref": name,
        "name": name.partition(":")[0],
        "version": name.partition(":")[2] or version,
        "hashes": [{"alg": "SHA-256", "content": digest.removeprefix("sha256:")}],
        "properties": [{"name": "gatecast:hash-of", "value": "the image's configuration, its id"}],
    }
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(NAMESPACE, digest)}"
    _connect(bill, name)


def _connect(bill: dict[str, Any], name: str) -> None:
    """Let the image depend on everything that it holds, beside what the packages say of each other."""
    known = {entry["ref"]: entry for entry in bill.get("dependencies", [])}
    references = sorted(component["bom-ref"] for component in bill["components"])
    kept = [known.get(reference, {"ref": reference}) for reference in references]
    bill["dependencies"] = [{"ref": name, "dependsOn": references}, *kept]


@contextmanager
def _files(options: argparse.Namespace) -> Iterator[IO[bytes]]:
    """The image's files as a tar stream."""
    if options.archive:
        with options.archive.open("rb") as file:
            yield file
        return
    container = _docker("create", options.image, "none").strip()
    try:
        with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export:
            assert export.stdout is not None
            yield export.stdout
            export.stdout.read()  # what is left, so that docker does not see a broken pipe
    finally:
        _docker("rm", container)


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
