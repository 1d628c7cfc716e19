"""The bill of materials of a small image: valid, and with everything that the image has."""

import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT7

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv" / "sbom" / "bin" / "python"
DIGEST = "1f" * 32
IMAGE: dict[str, Any] = {
    "Id": f"sha256:{'ab' * 32}",
    "Config": {
        "Labels": {
            "org.opencontainers.image.version": "0.1.0",
            "org.opencontainers.image.licenses": "Apache-2.0",
            "org.opencontainers.image.base.name": "docker.io/library/python:3.12-slim",
            "org.opencontainers.image.base.digest": f"sha256:{DIGEST}",
        }
    },
}
LOCK = f"small==1.0 \\\n    --hash=sha256:{'12' * 32}\n"
METADATA = "Metadata-Version: 2.4\nName: Small\nVersion: 1.0\nLicense-Expression: MIT\n"
DPKG = (
    "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u10\nDescription: C library\n of it\n"
    "\nPackage: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n"
)


def files():
    """The files of the image: a package, a model that is shipped, Debian's list, and what must not matter."""
    site = "venv/lib/python3.12/site-packages"
    found = {
        f"{site}/small-1.0.dist-info/METADATA": METADATA.encode(),
        f"{site}/small-1.0.dist-info/RECORD": b"small.py,,\n",
        f"{site}/small.py": b"raise SystemExit('packages are not imported')",
        f"{site}/evil-1.0.dist-info/licenses/../../../../../../escaped": b"x",
        f"{site}/evil.pth": b"import os; raise SystemExit('nor run')",
        "var/lib/dpkg/status": DPKG.encode(),
        "usr/local/include/python3.12/patchlevel.h": b'#define PY_VERSION              "3.12.11"\n',
    }
    version = ROOT / "models" / "gru" / "3"
    for path in version.rglob("*"):
        if path.is_file():
            found[f"app/models/gru/3/{path.relative_to(version).as_posix()}"] = path.read_bytes()
    return found


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """Makes a bill, and returns its bytes."""
    directory = tmp_path_factory.mktemp("image")
    with tarfile.open(directory / "image.tar", "w") as archive:
        for name, content in files().items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    (directory / "lock.txt").write_text(LOCK)

    def bill(image=IMAGE):
        (directory / "image.json").write_text(json.dumps([image]))
        command = [
            PYTHON,
            "-m",
            "deploy.sbom",
            "gatecast:slim",
            "--lock",
            directory / "lock.txt",
            "--out",
            directory / "out.json",
        ]
        sources = ["--archive", directory / "image.tar", "--inspect", directory / "image.json"]
        subprocess.run([*command, *sources], cwd=ROOT, check=True, timeout=PATIENCE_S)
        return (directory / "out.json").read_bytes()

    return bill


@pytest.fixture(scope="module")
def bill(make):
    return json.loads(make())


def component(bill, name):
    (found,) = [each for each in bill["components"] if each["name"].lower() == name]
    return found


def test_the_bill_is_valid_by_the_schema(bill):
    """By another validator than the one that the command asks."""
    (schemas,) = (ROOT / ".venv" / "sbom" / "lib").glob("python3*/site-packages/cyclonedx/schema/_res")
    documents = {path.name: json.loads(path.read_text()) for path in schemas.glob("*.schema.json")}
    registry = Registry().with_resources(
        [(f"http://cyclonedx.org/schema/{name}", DRAFT7.create_resource(each)) for name, each in documents.items()]
    )
    jsonschema.Draft7Validator(documents["bom-1.6.SNAPSHOT.schema.json"], registry=registry).validate(bill)
    assert bill["specVersion"] == "1.6"


def test_a_package_has_its_version_licence_and_digests(bill):
    small = component(bill, "small")
    assert small["version"] == "1.0"
    assert small["licenses"][0]["license"]["id"] == "MIT"
    record = hashlib.sha256(b"small.py,,\n").hexdigest()
    assert {"name": "gatecast:record-sha256", "value": record} in small["properties"]
    assert small["externalReferences"][-1]["hashes"] == [{"alg": "SHA-256", "content": "12" * 32}]


def test_a_model_has_its_digest_files_and_card(bill):
    gru = component(bill, "gru")
    version = ROOT / "models" / "gru" / "3"
    assert (gru["type"], gru["version"]) == ("machine-learning-model", "3")
    assert gru["hashes"][0]["content"] == hashlib.sha256((version / "SHA256SUMS").read_bytes()).hexdigest()
    names = {f"models/gru/3/{path.relative_to(version).as_posix()}" for path in version.rglob("*") if path.is_file()}
    assert {each["name"] for each in gru["components"]} == names
    card = json.loads((version / "manifest.json").read_text())
    assert gru["modelCard"]["considerations"]["technicalLimitations"] == card["limits"]
    assert gru["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]


def test_the_system_the_base_and_the_service_are_listed(bill):
    """Packages of Debian that were removed are not."""
    libc = component(bill, "libc6")
    assert libc["purl"] == "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64"
    assert component(bill, "cpython")["version"] == "3.12.11"
    assert component(bill, "python")["hashes"] == [{"alg": "SHA-256", "content": DIGEST}]
    assert component(bill, "gatecast")["version"] == "0.1.0"
    assert "gone" not in {each["name"] for each in bill["components"]}
    assert bill["metadata"]["component"]["type"] == "container"
    assert sorted(bill["dependencies"][0]["dependsOn"]) == sorted(each["bom-ref"] for each in bill["components"])


def test_the_same_image_gives_the_same_bill_and_another_one_another(make):
    first = make()
    assert make() == first
    assert make(IMAGE | {"Id": f"sha256:{'cd' * 32}"}) != first


def test_an_image_built_from_a_tag_says_so(make):
    labels = {k: v for k, v in IMAGE["Config"]["Labels"].items() if not k.endswith("digest")}
    base = component(json.loads(make(IMAGE | {"Config": {"Labels": labels}})), "python")
    assert (base["version"], "hashes" in base) == ("3.12-slim", False)
