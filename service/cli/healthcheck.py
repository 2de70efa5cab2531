"""``python -m service.cli.healthcheck``: exit 0 if the service on this machine is ready. The container's health check.

It runs every few seconds while the engine computes, so it imports nothing heavy and reads only the setting
``TRIVIUM_PORT``.
"""

import http.client
import os
import sys

_TIMEOUT_SECONDS = 4.0


def is_ready(port: int) -> bool:
    """Whether a service on this port can serve requests."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_ready(int(os.environ.get("TRIVIUM_PORT") or 8000)) else 1)
