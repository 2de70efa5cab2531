"""The real nginx and the real Caddy, with the configurations of ``deploy/proxy``, on free ports of this machine."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[3] / "deploy/proxy"
UPSTREAM = "127.0.0.1:8000"  # in the configurations
NAMES = ("nginx", "caddy")

NGINX_MAIN = """
daemon off;
pid {directory}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/trivium.conf;
}}
"""


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1, which is its own authority."""

    file: Path
    key: Path


@dataclass(frozen=True)
class Proxy:
    """A running proxy."""

    name: str
    url: str
    port: int
    plain_port: int  # of HTTP; 0: there is none


def make_certificate(directory: Path) -> Certificate:
    """A new certificate. Skips the test where there is no openssl."""
    found = Certificate(directory / "fullchain.pem", directory / "key.pem")
    command = (
        f"{_program('openssl')} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=trivium"
    )
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(found.file), "-keyout", str(found.key)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True, timeout=60)
    return found


@contextmanager
def running_proxy(name: str, directory: Path, certificate: Certificate, service: tuple[str, int]) -> Iterator[Proxy]:
    """The proxy ``nginx`` or ``caddy`` in front of the service at this address, until the block ends.

    Skips the test where the program is not installed.
    """
    program = _program(name)
    directory.mkdir()
    port, plain_port = _free_ports(2)
    text = (DEPLOY / ("nginx.conf" if name == "nginx" else "Caddyfile")).read_text(encoding="utf-8")
    text = _replaced(text, UPSTREAM, f"{service[0]}:{service[1]}")
    text = _replaced(text, "/etc/ssl/trivium/fullchain.pem", str(certificate.file))
    text = _replaced(text, "/etc/ssl/trivium/key.pem", str(certificate.key))
    if name == "nginx":
        text = re.sub(r"(?m)^ *listen \[::\].*\n", "", text)
        text = _replaced(text, "listen 443 ", f"listen 127.0.0.1:{port} ")
        text = _replaced(text, "listen 80;", f"listen 127.0.0.1:{plain_port};")
        (directory / "trivium.conf").write_text(text, encoding="utf-8")
        main = directory / "nginx.conf"
        main.write_text(NGINX_MAIN.format(directory=directory), encoding="utf-8")
        command = [program, "-p", str(directory), "-c", str(main), "-e", "stderr"]
    else:
        plain_port = 0
        options = "{\n\tadmin off\n\tauto_https off\n}\n\n"
        text = options + _replaced(text, "trivium.example.org {", f"https://127.0.0.1:{port} {{")
        (directory / "Caddyfile").write_text(text, encoding="utf-8")
        command = [program, "run", "--adapter", "caddyfile", "--config", str(directory / "Caddyfile")]
    environment = os.environ | {
        "HOME": str(directory),
        "XDG_DATA_HOME": str(directory),
        "XDG_CONFIG_HOME": str(directory),
    }
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_until_listening(process, port, directory / "log")
            yield Proxy(name, f"https://127.0.0.1:{port}", port, plain_port)
        finally:
            process.terminate()
            process.wait(30)


def _program(name: str) -> str:
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed (Debian package {name})")
    return found


def _replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def _free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in listeners]
    for each in listeners:
        each.close()
    return ports


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.01)
    raise AssertionError(log.read_text(errors="replace"))
