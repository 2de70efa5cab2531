#!/bin/sh
# lock.sh: write requirements.lock and requirements-dev.lock from a fresh environment with the newest releases that
# pyproject.toml allows, and tests/frameworks/requirements.lock, which pip alone would search for half an hour. The
# packages of traces are among those of the runtime, so that the image has them. The dependencies of torch (CUDA
# libraries, triton) differ between its builds, so they are not pinned.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work" build' EXIT

frozen() {
    "$work/bin/pip" freeze --local --exclude trivium | sed -E 's/\+[A-Za-z0-9.]+$//' |
        grep -Ev '^(nvidia-|cuda-|triton|setuptools)' | LC_ALL=C sort -f
}

"${PYTHON:-python3}" -m venv "$work"
"$work/bin/pip" install --quiet --disable-pip-version-check '.[traces]'
frozen >"$work/runtime"
"$work/bin/pip" install --quiet --disable-pip-version-check '.[dev]'
frozen >"$work/all"

{
    echo '# Written by `make lock`: the packages that Trivium runs with and is tested with.'
    cat "$work/runtime"
} >requirements.lock
{
    echo '# Written by `make lock`: the further packages for tests and checks.'
    echo '-r requirements.lock'
    grep -Fxv -f "$work/runtime" "$work/all"
} >requirements-dev.lock

"$work/bin/pip" install --quiet --disable-pip-version-check uv
{
    echo '# Written by `make lock`: the packages of the environment of make compat.'
    "$work/bin/uv" pip compile --quiet --no-header --no-annotate tests/frameworks/requirements.txt |
        grep -Ev '^(nvidia-|cuda-|triton|setuptools)'
} >tests/frameworks/requirements.lock
