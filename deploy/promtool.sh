#!/bin/sh
# promtool.sh FILE: make FILE a promtool, from the PATH or out of Debian's package, without installing the package.
# Leaves a one-line note instead of failing where neither is to be had: the test that needs it says that it is skipped.
set -u
target=$1
if found=$(command -v promtool); then
    exec ln -sf "$found" "$target"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt fetches as a user of its own
if command -v apt-get >/dev/null && (
    cd "$work" || exit
    apt-get -qq download prometheus || { [ "$(id -u)" = 0 ] && apt-get -qq update && apt-get -qq download prometheus; }
) >/dev/null 2>&1 && dpkg-deb -x "$work"/prometheus_*.deb "$work/root"; then
    cp "$work/root/usr/bin/promtool" "$target"
else
    echo 'promtool (Debian package prometheus) is not here: the test that needs it is skipped.'
fi
