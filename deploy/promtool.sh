#!/bin/sh
# promtool.sh FILE: create FILE as promtool, from the PATH or from Debian's package, which is not installed.
# If there is neither, print a note and succeed. The test that needs promtool is skipped then.
set -u
target=$1
if found=$(command -v promtool); then
    exec ln -sf "$found" "$target"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt downloads as another user
if command -v apt-get >/dev/null && (
    cd "$work" || exit
    apt-get -qq download prometheus || { [ "$(id -u)" = 0 ] && apt-get -qq update && apt-get -qq download prometheus; }
) >/dev/null 2>&1 && dpkg-deb -x "$work"/prometheus_*.deb "$work/root"; then
    cp "$work/root/usr/bin/promtool" "$target"
else
    echo 'promtool (Debian package prometheus) was not found: the test that needs it is skipped.'
fi
