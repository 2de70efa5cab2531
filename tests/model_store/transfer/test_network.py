"""The settings of the network: offline switches, package index, hub, certificates."""

import ssl
import sys
from pathlib import Path

import pytest

from model_store.errors import Offline
from model_store.transfer.network import HUB, INDEX, Network, public_address


def test_the_environment_is_read() -> None:
    assert Network.from_environment({}) == Network(hub=HUB)
    environ = {
        "TRIVIUM_OFFLINE": "1",
        "HF_HUB_OFFLINE": "yes",
        "HF_ENDPOINT": "http://mirror/",
        "PIP_INDEX_URL": "http://i",
    }
    assert Network.from_environment(environ) == Network(
        offline=True, hub_offline=True, hub="http://mirror", index="http://i"
    )
    assert Network.from_environment({**environ, "TRIVIUM_PYPI_INDEX": "http://own"}).index == "http://own"


def test_offline_opens_no_client() -> None:
    with pytest.raises(Offline, match="TRIVIUM_OFFLINE"):
        Network(offline=True).client()
    with pytest.raises(Offline, match="HF_HUB_OFFLINE"):
        Network(hub_offline=True).require_hub()


def test_pips_own_configuration_names_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = http://user:secret@mirror.example/simple/\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    assert Network().index_url() == "http://user:secret@mirror.example/simple"


def test_without_pip_the_public_index_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert Network().index_url() == INDEX


def test_addresses_are_shown_without_passwords_and_signatures() -> None:
    assert public_address("https://user:secret@host/a/b.whl?token=x#sha256=y") == "https://host/a/b.whl"


def test_ssl_cert_file_is_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "certificates.pem"
    broken.write_text("this is no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(broken))
    with pytest.raises(ssl.SSLError):  # because the file is read
        Network().client()
