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

FROM python:3.11-slim-bookworm AS build
ARG DEVICE=cpu
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_FIND_LINKS=/src/deploy/wheelhouse PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# The environment has no pip. The pip of the build stage installs into it.
RUN python -m venv --without-pip /opt/trivium
COPY deploy/wheelhouse deploy/wheelhouse
COPY requirements.lock ./
RUN set -eu; \
    case "$DEVICE" in cpu | cuda) ;; *) echo "DEVICE is $DEVICE: it must be cpu or cuda" >&2; exit 1 ;; esac; \
    index=''; \
    if [ "$DEVICE" = cpu ] && ! ls deploy/wheelhouse/torch-*.whl >/dev/null 2>&1; then index="--extra-index-url $TORCH_INDEX"; fi; \
    into='python -m pip --python /opt/trivium/bin/python install --quiet --requirement requirements.lock'; \
    $into --no-index 2>/dev/null || $into $index; \
    cd /opt/trivium/lib/python3.11/site-packages; \
    rm -rf torch/include torch/share torch/test; \
    find torch/bin -type f ! -name torch_shm_manager -delete; \
    find . -type d -name tests -prune -exec rm -rf {} +

COPY pyproject.toml README.md LICENSE ./
COPY service service
COPY model_store model_store
RUN python -m pip --python /opt/trivium/bin/python install --quiet --no-deps .

# The CPU kernels are compiled here, for every type of x86 processor, so that the final stage needs no compiler. For
# other processors there are none.
ARG KERNELS=required
RUN set -eu; \
    compile() { \
      apt-get update -qq && apt-get install -y -qq --no-install-recommends g++ >/dev/null \
        && cd / && /opt/trivium/bin/python -m service.models.native.kernels; \
    }; \
    case "$KERNELS" in \
      required | optional | none) ;; \
      *) echo "KERNELS is $KERNELS: it must be required, optional or none" >&2; exit 1 ;; \
    esac; \
    if [ "$DEVICE" != cpu ] || [ "$KERNELS" = none ]; then exit 0; fi; \
    if [ "$(uname -m)" != x86_64 ]; then echo "there are no compiled kernels for $(uname -m)" >&2; exit 0; fi; \
    if compile; then exit 0; fi; \
    if [ "$KERNELS" = optional ]; then echo 'this image has no compiled kernels' >&2; exit 0; fi; \
    echo 'the kernels cannot be compiled; --build-arg KERNELS=optional builds a slower image without them' >&2; exit 1

FROM python:3.11-slim-bookworm
COPY --from=build /opt/trivium /opt/trivium

# Group 0 may write to these, for platforms that run containers with a user id of their own choice.
RUN install -d -o 10001 -g 0 -m 2775 /models /batches
ENV PATH=/opt/trivium/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp \
    TRIVIUM_HOST=0.0.0.0 TRIVIUM_MODEL_DIR=/models
USER 10001:0
VOLUME /models
EXPOSE 8000

# The first start fetches the model. Failures count only after the start period.
HEALTHCHECK --interval=5s --timeout=5s --start-period=20m --retries=3 CMD ["python", "-m", "service.cli.healthcheck"]

ENTRYPOINT ["trivium"]
CMD ["serve"]
