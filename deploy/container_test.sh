#!/usr/bin/env bash
# Build the image, start the service, use it, and stop it. Needs Docker with its compose plugin, and Python.
#
# CONTAINER_RUNNER=program: use this program where there is no Docker. It is called as `program PROJECT_DIR trivium`,
# does the same steps, and runs the command in $CHECK while the service is healthy.
set -euo pipefail

# The service listens on every interface and has no keys. Only this machine can reach it.
export TRIVIUM_ALLOW_UNAUTHENTICATED=1

cd "$(dirname "$0")/.."
check="python3 deploy/check.py http://127.0.0.1:${PORT:-8000}"

if [ -n "${CONTAINER_RUNNER:-}" ]; then
    CHECK=$check exec "$CONTAINER_RUNNER" "$PWD" trivium
fi

compose=(docker compose --project-name trivium-test)
step() { printf '== %4ss  %s\n' "$SECONDS" "$*"; }
trap '"${compose[@]}" down --volumes --timeout 15 >/dev/null 2>&1' EXIT

step build
"${compose[@]}" build trivium
docker image inspect --format 'image {{.Size}} bytes, user {{.Config.User}}' "${IMAGE:-trivium}"

step 'start, and wait until healthy'
"${compose[@]}" up --detach --wait --wait-timeout "${WAIT:-1200}" trivium

step use
$check

step 'stop with SIGTERM'
container=$("${compose[@]}" ps --quiet trivium)
"${compose[@]}" stop --timeout 40 trivium
code=$(docker inspect --format '{{.State.ExitCode}}' "$container")
step "exit code $code"
[ "$code" = 0 ]
