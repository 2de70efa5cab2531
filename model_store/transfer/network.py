"""The rules for the network: whether it may be used, and which hosts.

This module owns the environment variables for the rules. All other code gets the rules from one ``Network``.

TRIVIUM_OFFLINE    1: no network at all
TRIVIUM_PYPI_INDEX, PIP_INDEX_URL, pip's own configuration, https://pypi.org/simple: the package index (first match)
HF_ENDPOINT        the hub, https://huggingface.co if unset;  HF_HUB_OFFLINE  1: not the hub
SSL_CERT_FILE      certificates to trust in addition to those of this machine
httpx itself obeys HTTPS_PROXY and similar variables.
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
    """The hosts that models may come from. The defaults allow all sources at their usual addresses."""

    offline: bool = False
    hub_offline: bool = False
    hub: str = HUB
    index: str = ""  # empty: ask pip, then INDEX

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Network":
        """The rules that the environment variables above set."""
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
        """Raises Offline if a setting forbids the hub."""
        if self.offline:
            raise Offline("TRIVIUM_OFFLINE is set")
        if self.hub_offline:
            raise Offline("HF_HUB_OFFLINE is set")

    def index_url(self) -> str:
        """The address of the package index, without a slash at its end."""
        return (self.index or _pip_index() or INDEX).rstrip("/")


def public_address(url: str) -> str:
    """The address without user name, password, query and fragment, for messages."""
    try:
        return str(httpx.URL(url).copy_with(userinfo=b"", query=None, fragment=None))
    except httpx.InvalidURL:
        return "an invalid address"


def _is_true(value: str | None) -> bool:
    return (value or "").strip().lower() in {"1", "true", "yes", "on"}


def _pip_index() -> str:
    """The index in pip's configuration files; empty if none.

    `pip config get` reads only one of the files; `pip config list` merges them.
    """
    command = [sys.executable, "-m", "pip", "config", "list"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"^global\.index-url='(\S+)'$", done.stdout, re.MULTILINE)
    return match[1] if match else ""
