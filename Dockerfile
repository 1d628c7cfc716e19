# Dependencies, then service/, then models/: what changes least comes first. One process, not root.
FROM python:3.12-slim AS dependencies
COPY requirements/serve.txt /tmp/serve.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-compile --disable-pip-version-check --require-hashes --requirement /tmp/serve.txt \
 # C++ headers, test suites and the compiler library are of no use to a server
 && rm -rf /venv/lib/python3.12/site-packages/tensorflow/include /venv/lib/python3.12/site-packages/clang \
 && find /venv -type d \( -name tests -o -name __pycache__ \) -prune -exec rm -rf {} + \
 && /venv/bin/pip uninstall --yes --quiet pip

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin gatecast
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TF_CPP_MIN_LOG_LEVEL=2 \
    GATECAST_HOST=0.0.0.0
COPY --from=dependencies /venv /venv
WORKDIR /app
COPY service/ service/
COPY models/ models/
USER gatecast
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ.get('GATECAST_PORT', '8000')}/readyz\", timeout=2)"]
CMD ["python", "-m", "service"]
