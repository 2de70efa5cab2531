#!/bin/sh
# test_programs.sh: install the programs of Debian that some tests use, if they are missing and this user may install:
# Chromium for the tests of the page, nginx and Caddy for those of the proxies. Tests whose program is missing are skipped.
missing=''
need() { # the package, and the programs of which one is enough
    package=$1 && shift
    for name; do command -v "$name" >/dev/null && return; done
    missing="$missing $package"
}
need chromium chromium chromium-browser google-chrome
need nginx-light nginx
need caddy caddy
[ -n "$missing" ] || exit 0
install() { DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing; }
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && { install || { apt-get -qq update && install; }; } >/dev/null 2>&1; then
    echo "Installed for the tests:$missing"
else
    echo "Not found, and not installed:$missing. The tests that need them are skipped."
fi
