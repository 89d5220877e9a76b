"""Programs that tests need and that pip does not have: fetched once into trimtab's cache, without root."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from engine.broker.cache import fetch_once


def promtool() -> Path:
    """Prometheus's own checker: the one on the PATH, else that of Debian's package `prometheus`.

    Where neither can be had the test fails in CI, and is skipped elsewhere, saying so.
    """
    return _of_prometheus("promtool")


def prometheus() -> Path:
    """The server itself, found as `promtool` is."""
    return _of_prometheus("prometheus")


def _of_prometheus(program: str) -> Path:
    found = shutil.which(program)
    if found:
        return Path(found)
    try:
        return fetch_once("debian-prometheus", _unpack_prometheus) / "usr/bin" / program
    except (OSError, subprocess.CalledProcessError) as error:
        _without(program, error)


def _unpack_prometheus(folder: Path) -> None:
    try:
        _apt_get(folder, "download", "prometheus")
    except subprocess.CalledProcessError:  # no index of packages on this machine: fetch one of our own
        private = _private_index(folder)
        _apt_get(folder, *private, "update")
        _apt_get(folder, *private, "download", "prometheus")
    [package] = folder.glob("prometheus_*.deb")
    subprocess.run(["dpkg", "-x", package, folder], check=True, capture_output=True)
    package.unlink()
    shutil.rmtree(folder / "apt", ignore_errors=True)


def _private_index(folder: Path) -> list[str]:
    """Options that keep everything that apt writes within `folder`."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / "apt" / name).mkdir(parents=True)
    apt = folder / "apt"
    options = [f"Dir::State::lists={apt / 'lists'}", f"Dir::Cache={apt / 'cache'}", "Debug::NoLocking=1"]
    return [part for option in options for part in ("-o", option)]


def _apt_get(folder: Path, *arguments: str) -> None:
    command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def _without(tool: str, error: Exception) -> NoReturn:
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else ""
    sentence = f"{tool} is not on the PATH and Debian's package could not be fetched: {error} {said}".strip()
    if os.environ.get("CI"):
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
