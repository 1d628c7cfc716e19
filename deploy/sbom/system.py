"""Packages of Debian, the interpreter and the base image as components."""

from typing import Any
from urllib.parse import quote

Component = dict[str, Any]
BASE_NAME, BASE_DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"


def debian(status: str) -> list[Component]:
    """Return a component for each installed package of dpkg's status file."""
    found = []
    for paragraph in status.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and not line.startswith(" ")
        )
        if fields.get("Status", "").endswith(" installed") and {"Package", "Version"} <= fields.keys():
            name, version, architecture = fields["Package"], fields["Version"], fields.get("Architecture", "all")
            purl = f"pkg:deb/debian/{name}@{quote(version, safe='.~-')}?arch={architecture}"
            found.append({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl})
    return sorted(found, key=lambda component: str(component["bom-ref"]))


def interpreter(version: str) -> list[Component]:
    """Return Python itself, if its version is known."""
    if not version:
        return []
    return [
        {
            "type": "application",
            "bom-ref": f"pkg:generic/cpython@{version}",
            "name": "cpython",
            "version": version,
            "licenses": [{"license": {"id": "PSF-2.0"}}],
            "purl": f"pkg:generic/cpython@{version}",
        }
    ]


def base(labels: dict[str, str]) -> list[Component]:
    """Return the image that this one was built on, by its digest if the build was pinned to one."""
    image, digest = labels.get(BASE_NAME, ""), labels.get(BASE_DIGEST, "")
    if not image:
        return []
    path, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
    component: Component = {
        "type": "container",
        "bom-ref": f"base:{image}",
        "name": path,
        "version": digest or tag or "latest",
    }
    component["description"] = image
    if digest.startswith("sha256:"):
        component["hashes"] = [{"alg": "SHA-256", "content": digest.removeprefix("sha256:")}]
        component["purl"] = (
            f"pkg:oci/{path}@{quote(digest, safe='')}?repository_url={quote(image.rpartition(':')[0], safe='')}&tag={tag}"
        )
    return [component]
