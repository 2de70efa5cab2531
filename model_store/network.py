"""How the outside world is reached: which hosts, and whether at all.

Owns the environment variables that say so. Everybody else gets them from one ``Network``.

TRIVIUM_OFFLINE    1: no network at all
TRIVIUM_PYPI_INDEX, PIP_INDEX_URL, pip's own configuration, https://pypi.org/simple: the package index, first found
HF_ENDPOINT        the hub, https://huggingface.co if unset;  HF_HUB_OFFLINE  1: not the hub
SSL_CERT_FILE      certificates to be trusted beside those that this machine trusts
HTTPS_PROXY and its kin are obeyed by httpx itself.
"""

import os
import re
import ssl
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import truststore

from model_store.errors import Offline

HUB = "https://huggingface.co"
INDEX = "https://pypi.org/simple"
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)


@dataclass(frozen=True, slots=True)
class Network:
    """Where models may come from. The default values mean: everywhere, by the usual addresses."""

    offline: bool = False
    hub_offline: bool = False
    hub: str = HUB
    index: str = ""  # empty: ask pip, then INDEX

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Network":
        return cls(
            offline=_is_true(environ.get("TRIVIUM_OFFLINE")),
            hub_offline=_is_true(environ.get("HF_HUB_OFFLINE")),
            hub=(environ.get("HF_ENDPOINT") or HUB).rstrip("/"),
            index=environ.get("TRIVIUM_PYPI_INDEX") or environ.get("PIP_INDEX_URL") or "",
        )

    def client(self) -> httpx.Client:
        """A client for downloads. Raises Offline if a setting forbids them."""
        if self.offline:
            raise Offline("TRIVIUM_OFFLINE is set")
        trust = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if extra := os.environ.get("SSL_CERT_FILE"):
            trust.load_verify_locations(extra)
        headers = {"User-Agent": "trivium"}
        return httpx.Client(verify=trust, timeout=_TIMEOUT, follow_redirects=True, headers=headers)

    def require_hub(self) -> None:
        """Raises Offline if a setting forbids to ask the hub."""
        if self.offline:
            raise Offline("TRIVIUM_OFFLINE is set")
        if self.hub_offline:
            raise Offline("HF_HUB_OFFLINE is set")

    def index_url(self) -> str:
        """The package index, without a slash at its end."""
        return (self.index or _pip_index() or INDEX).rstrip("/")


def shown(url: str) -> str:
    """The address as it may be shown: neither a password nor a signature in it."""
    try:
        return str(httpx.URL(url).copy_with(userinfo=b"", query=None, fragment=None))
    except httpx.InvalidURL:
        return "an address that is none"


def _is_true(value: str | None) -> bool:
    return (value or "").strip().lower() in {"1", "true", "yes", "on"}


def _pip_index() -> str:
    """What pip's configuration files say. `pip config get` reads only one of them, `list` shows them merged."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"^global\.index-url='(\S+)'$", done.stdout, re.MULTILINE)
    return match[1] if match else ""
