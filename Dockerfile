# An image of the service. It has no compiler, does not run as root, and writes only to /models, /tmp and, if
# TRIVIUM_BATCHES_DIR says so, /batches.
#
#   docker build -t trivium .                          for CPUs
#   docker build -t trivium --build-arg DEVICE=cuda .  for NVIDIA GPUs
#
# The build for CPUs fails if the kernels cannot be compiled, because an image without them is several times slower.
# --build-arg KERNELS=optional accepts such an image, for example where the build has no network; none wants it.
#
# Wheels in deploy/wheelhouse are used before any package index. With a full wheelhouse the build needs no network.
#
# The layers, from the one that changes least: Python, torch, the other packages, the service with its kernels. A change of
# the code is a new last layer of a few megabytes.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_FIND_LINKS=/src/deploy/wheelhouse PIP_ROOT_USER_ACTION=ignore \
    PIP_NO_COMPILE=1
WORKDIR /src
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends binutils >/dev/null && rm -rf /var/lib/apt/lists/*

FROM build AS packages
ARG DEVICE=cpu
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

# The environment has no pip. The pip of the build stage installs into it.
RUN python -m venv --without-pip /opt/trivium
COPY deploy/wheelhouse deploy/wheelhouse
COPY requirements.lock requirements-torch.lock ./
RUN set -eu; \
    case "$DEVICE" in cpu | cuda) ;; *) echo "DEVICE is $DEVICE: it must be cpu or cuda" >&2; exit 1 ;; esac; \
    index=''; \
    if [ "$DEVICE" = cpu ] && ! ls deploy/wheelhouse/torch-*.whl >/dev/null 2>&1; then index="--extra-index-url $TORCH_INDEX"; fi; \
    into='python -m pip --python /opt/trivium/bin/python install --quiet'; \
    packages='--require-hashes --no-deps --requirement requirements.lock'; \
    $into --no-index $packages 2>/dev/null || $into $packages; \
    torch='--requirement requirements-torch.lock'; \
    $into --no-index $torch 2>/dev/null || $into $index $torch

COPY deploy/image/slim.sh deploy/image/
RUN PYTHON=/opt/trivium/bin/python deploy/image/slim.sh /opt/trivium/lib/python3.11/site-packages

# The list of all packages, in CycloneDX's format.
RUN python -m venv /opt/sbom && /opt/sbom/bin/pip install --quiet cyclonedx-bom==7.5.0 && mkdir -p /opt/trivium/share \
    && /opt/sbom/bin/cyclonedx-py environment --output-reproducible --of JSON -o /opt/trivium/share/sbom.cdx.json \
    /opt/trivium/bin/python

# What comes with torch goes into a layer of its own.
RUN set -eu; \
    site=lib/python3.11/site-packages; \
    mkdir -p /out/torch/opt/trivium/$site; \
    for each in torch torchgen functorch nvidia triton; do \
      if [ -e /opt/trivium/$site/$each ]; then mv /opt/trivium/$site/$each /out/torch/opt/trivium/$site/; fi; \
    done

# The CPU kernels are compiled here, for every type of processor of this architecture, so that the final stage needs no
# compiler.
FROM packages AS kernels
ARG DEVICE=cpu
ARG KERNELS=required
RUN cp -r /out/torch/. /
COPY service/__init__.py service/errors.py service/
COPY service/models/__init__.py service/models/
COPY service/models/native service/models/native
RUN set -eu; \
    compile() { \
      apt-get update -qq && apt-get install -y -qq --no-install-recommends g++ >/dev/null \
        && /opt/trivium/bin/python -m service.models.native.kernels; \
    }; \
    case "$KERNELS" in \
      required | optional | none) ;; \
      *) echo "KERNELS is $KERNELS: it must be required, optional or none" >&2; exit 1 ;; \
    esac; \
    if [ "$DEVICE" != cpu ] || [ "$KERNELS" = none ]; then exit 0; fi; \
    if compile; then exit 0; fi; \
    if [ "$KERNELS" = optional ]; then echo 'this image has no compiled kernels' >&2; exit 0; fi; \
    echo 'the kernels cannot be compiled; --build-arg KERNELS=optional builds a slower image without them' >&2; exit 1

FROM packages AS code
COPY pyproject.toml README.md LICENSE ./
COPY service service
COPY model_store model_store
RUN set -eu; \
    python -m pip --python /opt/trivium/bin/python install --quiet --no-deps --prefix /out/code/opt/trivium .; \
    python -m compileall -q -j 0 --invalidation-mode unchecked-hash /out/code
COPY --from=kernels /src/service/models/native /kernels
RUN for library in /kernels/*.so; do \
      if [ -f "$library" ]; then mv "$library" /out/code/opt/trivium/lib/python3.11/site-packages/service/models/native/; fi; \
    done

FROM python:3.11-slim-bookworm
# Group 0 may write to these, for platforms that run containers with a user id of their own choice.
RUN install -d -o 10001 -g 0 -m 2775 /models /batches
COPY --from=packages /out/torch /
COPY --from=packages /opt/trivium /opt/trivium
COPY --from=code /out/code /

ENV PATH=/opt/trivium/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp \
    TRIVIUM_HOST=0.0.0.0 TRIVIUM_MODEL_DIR=/models
USER 10001:0
VOLUME /models
EXPOSE 8000

# The first start fetches the model. Failures count only after the start period.
HEALTHCHECK --interval=5s --timeout=5s --start-period=20m --retries=3 CMD ["python", "-m", "service.cli.healthcheck"]

ENTRYPOINT ["trivium"]
CMD ["serve"]

# docker build --build-arg REVISION=$(git rev-parse HEAD) --build-arg CREATED=$(date -u +%FT%TZ)
ARG VERSION=0.1.0
ARG REVISION=
ARG CREATED=
LABEL org.opencontainers.image.title="Trivium" \
      org.opencontainers.image.description="Text generation, translation and question answering from your own hardware" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
