"""The browser of the tests: Debian's Chromium, or another that is on the PATH."""

import shutil

NO_CHROMIUM = "no Chromium was found (deploy/test_programs.sh installs Debian's)"
# The browser asks nothing of any host by itself.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The path of the browser, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)
