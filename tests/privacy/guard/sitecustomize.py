"""With this directory in PYTHONPATH, a Python process cannot connect to other hosts, and reports every attempt."""

import os
import sys
from typing import Any

_HERE = {"127.0.0.1", "::1", "localhost", "", None}


def _deny(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else ""  # of a Unix socket it is a path
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    if host not in _HERE:
        os.write(2, f"OUTBOUND {event} {host}\n".encode())
        raise ConnectionRefusedError(f"{event} {host} is denied")


sys.addaudithook(_deny)
os.write(2, b"GUARDED\n")
