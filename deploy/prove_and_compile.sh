#!/bin/sh
# The last step of both images, in /app: proves the models, and leaves the bytecode of the service and of all that it imports, also with
# signatures, traces and workers, as the container's file system is read-only. It is compiled without the times of its sources, which
# are not looked at any more. It stays in the image: a file that a later layer removes leaves a mark with the time of the build.
set -eu
export PYTHONDONTWRITEBYTECODE=
python -m service --check
python -c 'import cryptography.hazmat.primitives.asymmetric.ed25519, opentelemetry.exporter.otlp.proto.http.trace_exporter'
{
  find /app /venv /usr/local/lib -name '*.pyc' | sed 's|__pycache__/\([^/]*\)[.]cpython-[0-9]*[.]pyc$|\1.py|'
  find /app/service -name '*.py'
} | LC_ALL=C sort -u >/tmp/sources
find /app /venv /usr/local/lib -name '*.pyc' -delete
PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 python -m compileall -q -f --invalidation-mode unchecked-hash -i /tmp/sources
find /app /venv /usr/local/lib -newer /app/healthcheck.sh \( -path '*/__pycache__*' -o -type d \) -exec touch --date=@315532800 {} +
rm -rf /tmp/*
touch --date=@315532800 /tmp
