"""How the control plane's programs are found, without building them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.control_plane import build
from engine.control_plane.additions import define_vpa
from engine.control_plane.certificates import Authority
from engine.control_plane.client import Client
from engine.control_plane.ports import chosen_ports
from engine.errors import UserError


def refuse(text: str) -> None:
    raise AssertionError(f"nothing is to be built: {text}")


def a_go(folder: Path, script: str) -> str:
    """A folder with a `go` that does what `script` says."""
    go = folder / "go"
    go.write_text(f"#!/bin/sh\n{script}\n")
    go.chmod(0o755)
    return str(folder)


def test_the_folder_is_named_by_modules_and_compiler() -> None:
    assert build.folder_name("go1.26.8") == build.folder_name("go1.26.8")
    assert build.folder_name("go1.26.8") != build.folder_name("go1.26.9")
    assert build.folder_name("go1.26.8").startswith(f"kubernetes-{build.VERSION}-")


def test_the_version_is_that_of_the_modules() -> None:
    assert f"k8s.io/kubernetes v{build.VERSION}\n" in (build.MODULE / "go.mod").read_text()
    assert all(package in (build.MODULE / "tools.go").read_text() for package in build._PACKAGES)


def test_a_missing_go_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(build.ELSEWHERE, raising=False)
    with pytest.raises(UserError, match="no `go` on the PATH"):
        build.programs(refuse)


def test_an_old_go_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", a_go(tmp_path, "echo go1.20.3"))
    with pytest.raises(UserError, match=r"Go 1\.26.* or newer, and this one is not: go1\.20\.3"):
        build.go_version()


def test_a_failed_build_leaves_nothing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = '[ "$1" = env ] && echo go1.99.0 && exit 0\necho "go: cannot find the network: oh" >&2; exit 1'
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("PATH", a_go(tools, script))
    monkeypatch.setenv("TRIMTAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(build.ELSEWHERE, raising=False)
    said: list[str] = []
    with pytest.raises(UserError, match="cannot find the network"):
        build.programs(said.append)
    assert said[0].startswith("building Kubernetes")
    assert [file.suffix for file in (tmp_path / "cache").iterdir()] == [".lock"]


def test_programs_elsewhere_are_taken_when_they_are_all_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(build.ELSEWHERE, str(tmp_path))
    for name in build.PROGRAMS[:-1]:
        a_go(tmp_path, "").strip()
        (tmp_path / "go").rename(tmp_path / name)
    with pytest.raises(UserError, match=f"are missing: {build.PROGRAMS[-1]}$"):
        build.programs(refuse)
    a_go(tmp_path, "")
    (tmp_path / "go").rename(tmp_path / build.PROGRAMS[-1])
    assert build.programs(refuse) == tmp_path
    with pytest.raises(UserError, match="the Vertical Pod Autoscaler needs"):
        define_vpa(Client("https://127.0.0.1:1", Authority(tmp_path / "ca").file), tmp_path)


def test_ports_stay_with_the_data(tmp_path: Path) -> None:
    first = chosen_ports(tmp_path / "ports.json")
    assert chosen_ports(tmp_path / "ports.json") == first
    assert len({first.api_server, first.kubelet, first.metrics_server, first.store, first.store_peers}) == 5


def test_certificates_stay_with_the_data_and_keys_are_private(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path).client("user-joe", "joe", ["developers"])
    before = certificate.read_bytes()
    assert Authority(tmp_path).client("user-joe", "joe", ["developers"])[0].read_bytes() == before
    assert key.stat().st_mode & 0o077 == 0
