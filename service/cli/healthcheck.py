"""``python -m service.cli.healthcheck [URL]``: exit 0 if the service is ready. The container's health check.

Without a URL it asks every service that this user runs here, where the service itself says that it listens: flags, file
and environment need not be read again. No running service is not healthy. The check runs every few seconds while the
engine computes, so it imports nothing heavy.
"""

import http.client
import sys
from urllib.parse import urlsplit

from service.server.address_file import running_services

_TIMEOUT_SECONDS = 4.0


def is_ready(url: str) -> bool:
    """Whether the service at this URL, such as ``http://[::1]:8000``, can serve requests."""
    try:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    except (ValueError, http.client.HTTPException):
        return False
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main(urls: list[str]) -> int:
    """The exit status: 0 if there are services and all of them are ready."""
    urls = urls or list(running_services())
    return 0 if urls and all(map(is_ready, urls)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
