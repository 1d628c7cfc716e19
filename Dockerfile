# Dependencies, then service/, then models/: what changes least comes first. One process, not root.
#   docker build .                  both engines: ONNX Runtime for compiled models, TensorFlow for any other
#   docker build --target slim .    ONNX Runtime alone: every model needs its compiled form
# `make image` builds both from the base image by its digest. What a build writes does not depend on when and where it runs:
# every file of ours has one time (1980-01-01) and one mode, and bytecode has no time in it; deploy/compare_images.py compares two builds.

ARG PYTHON_IMAGE=docker.io/library/python:3.12-slim
ARG PYTHON_DIGEST=

FROM ${PYTHON_IMAGE}${PYTHON_DIGEST:+@${PYTHON_DIGEST}} AS base
# as useradd would, without the day in /etc/shadow
RUN echo 'gatecast:x:10001:' >>/etc/group \
 && echo 'gatecast:x:10001:10001::/nonexistent:/usr/sbin/nologin' >>/etc/passwd \
 && touch --date=@315532800 /etc /etc/group /etc/passwd
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TF_CPP_MIN_LOG_LEVEL=2 \
    GATECAST_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["/app/healthcheck.sh"]
CMD ["python", "-m", "service"]
ARG PYTHON_IMAGE
LABEL org.opencontainers.image.title="gatecast" \
      org.opencontainers.image.description="A model-serving microservice for recurrent networks: forecasts and sentiment." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}"

# ours, with modes and times that do not depend on the checkout
FROM base AS files
COPY healthcheck.sh deploy/prove_and_compile.sh /out/app/
COPY service/ /out/app/service/
COPY models/ /out/app/models/
RUN chmod -R u=rwX,go=rX /out && find /out -exec touch --no-dereference --date=@315532800 {} +

FROM ${PYTHON_IMAGE}${PYTHON_DIGEST:+@${PYTHON_DIGEST}} AS dependencies-slim
COPY requirements/slim.txt /tmp/
RUN python -m venv --without-pip /venv \
 && python -m pip --python /venv install --no-cache-dir --no-compile --disable-pip-version-check --require-hashes --requirement /tmp/slim.txt \
 # test suites and the converters that serving never calls
 && find /venv -type d \( -name tests -o -name __pycache__ \) -prune -exec rm -rf {} + \
 && cd /venv/lib/python3.12/site-packages \
 && rm -rf onnxruntime/tools onnxruntime/transformers onnxruntime/quantization onnxruntime/datasets \
 # the library for programs in C; the module for Python holds another copy of it
 && rm -f onnxruntime/capi/libonnxruntime.so.* \
 && find . \( -name '*.pyx' -o -name '*.pxd' -o -name '*.pyi' \) -delete \
 && mkdir /out && mv /venv /out/ && find /out -exec touch --no-dereference --date=@315532800 {} +

FROM base AS slim
ENV GATECAST_ENGINE=onnx
# from a directory above: one that the builder made itself would have the time of the build
COPY --from=dependencies-slim /out/ /
COPY --from=files /out/ /
WORKDIR /app
RUN sh prove_and_compile.sh
# by number, so that Kubernetes can see that it is not root
USER 10001:10001

FROM ${PYTHON_IMAGE}${PYTHON_DIGEST:+@${PYTHON_DIGEST}} AS dependencies
COPY requirements/serve.txt /tmp/
RUN python -m venv --without-pip /venv \
 && python -m pip --python /venv install --no-cache-dir --no-compile --disable-pip-version-check --require-hashes --requirement /tmp/serve.txt \
 # C++ headers, test suites and the compiler library are of no use to a server
 && rm -rf /venv/lib/python3.12/site-packages/tensorflow/include /venv/lib/python3.12/site-packages/clang \
 && find /venv -type d \( -name tests -o -name __pycache__ \) -prune -exec rm -rf {} + \
 && mkdir /out && mv /venv /out/ && find /out -exec touch --no-dereference --date=@315532800 {} +

FROM base
COPY --from=dependencies /out/ /
COPY --from=files /out/ /
WORKDIR /app
RUN sh prove_and_compile.sh
USER 10001:10001
