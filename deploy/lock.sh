#!/bin/sh
# lock.sh: write the files of pinned packages, from a fresh environment with the newest releases that pyproject.toml allows.
#
# requirements.lock            what the service runs with, traces included, each with the hashes of all files of its release
# requirements-torch.lock      torch. It has no hashes: the builds for CPUs and for each CUDA come from indexes of their own,
#                              and bring other packages (CUDA libraries, triton), which are not pinned either
# requirements-dev.lock        the further packages for tests and checks
# tests/frameworks/requirements.lock   the environment of make compat, which pip alone would search for half an hour
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
"$work/bin/pip" install --quiet --disable-pip-version-check uv
compile() { "$work/bin/uv" pip compile --quiet --no-header --no-annotate "$@"; }

grep -v '^torch==' "$work/runtime" >"$work/hashed.txt"
{
    echo '# Written by `make lock`: the packages that Trivium runs with and is tested with, besides torch.'
    compile --no-deps --generate-hashes "$work/hashed.txt"
} >requirements.lock
{
    echo '# Written by `make lock`: torch, whose builds come from several indexes, and so have no hashes here.'
    grep '^torch==' "$work/runtime"
} >requirements-torch.lock
{
    echo '# Written by `make lock`: the further packages for tests and checks.'
    grep -Fxv -f "$work/runtime" "$work/all"
} >requirements-dev.lock
{
    echo '# Written by `make lock`: the packages of the environment of make compat.'
    compile tests/frameworks/requirements.txt | grep -Ev '^(nvidia-|cuda-|triton|setuptools)'
} >tests/frameworks/requirements.lock
