#!/bin/sh
# lock.sh: write requirements.lock and requirements-dev.lock from fresh environments with the newest releases that
# pyproject.toml allows. What torch brings itself (CUDA libraries, triton) depends on its build, so it is not pinned.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work" build' EXIT

frozen() {
    "$work/bin/pip" freeze --local --exclude trivium | sed -E 's/\+[A-Za-z0-9.]+$//' |
        grep -Ev '^(nvidia-|cuda-|triton|setuptools)' | LC_ALL=C sort -f
}

"${PYTHON:-python3}" -m venv "$work"
"$work/bin/pip" install --quiet --disable-pip-version-check .
frozen >"$work/runtime"
"$work/bin/pip" install --quiet --disable-pip-version-check '.[dev]'
frozen >"$work/all"

{
    echo '# Made by `make lock`: what Trivium runs with and is tested with.'
    cat "$work/runtime"
} >requirements.lock
{
    echo '# Made by `make lock`: what its tests and checks need besides.'
    echo '-r requirements.lock'
    grep -Fxv -f "$work/runtime" "$work/all"
} >requirements-dev.lock
