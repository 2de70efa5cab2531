#!/bin/sh
# chromium.sh: install Debian's Chromium for the browser tests, if there is no browser yet and this user may install.
# Otherwise print a note and succeed: the tests that need a browser are skipped then.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && {
    apt-get -qq install -y --no-install-recommends chromium || {
        apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium
    }
} >/dev/null 2>&1; then
    echo "Debian's chromium was installed for the browser tests."
else
    echo 'No Chromium was found, and it could not be installed: the browser tests are skipped.'
fi
