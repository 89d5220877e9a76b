"""The programs of a control plane, built from the Go module registry once and kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.broker.cache import cache_folder, fetch_once
from engine.broker.processes import spawn
from engine.errors import UserError

MODULE: Final = Path(__file__).parent / "go"
VERSION: Final = "1.36.3"  # of Kubernetes; go.mod says it, too
ELSEWHERE: Final = "TRIMTAB_KUBERNETES_BINARIES"
VPA_DEFINITIONS: Final = "vpa-v1-crd-gen.yaml"

# What Go calls a program, by its last path element, and what we call it.
_PACKAGES: Final = {
    "go.etcd.io/etcd/server/v3": "etcd",
    "k8s.io/kubernetes/cmd/kube-apiserver": "kube-apiserver",
    "k8s.io/kubernetes/cmd/kube-controller-manager": "kube-controller-manager",
    "k8s.io/kubernetes/cmd/kube-scheduler": "kube-scheduler",
    "sigs.k8s.io/kwok/cmd/kwok": "kwok",
    "sigs.k8s.io/metrics-server/cmd/metrics-server": "metrics-server",
    "k8s.io/autoscaler/vertical-pod-autoscaler/pkg/recommender": "vpa-recommender",
}
PROGRAMS: Final = tuple(_PACKAGES.values())
_STAMP: Final = "k8s.io/component-base/version"
_LINKER: Final = (
    f"-s -w -X {_STAMP}.gitVersion=v{VERSION} -X {_STAMP}.gitMajor={VERSION.split('.')[0]}"
    f" -X {_STAMP}.gitMinor={VERSION.split('.')[1]} -X {_STAMP}.gitTreeState=clean"
)
_VPA: Final = "k8s.io/autoscaler/vertical-pod-autoscaler"
_TELL_S: Final = 15.0


def programs(progress: Callable[[str], None]) -> Path:
    """The folder with PROGRAMS: the one that TRIMTAB_KUBERNETES_BINARIES names, else the cache's, built when absent.

    A build takes minutes; `progress` is told every 15 s. Raises UserError without Go, or when the build fails.
    """
    if named := os.environ.get(ELSEWHERE):
        return _checked(Path(named))
    name = folder_name(go_version())
    if not (cache_folder() / name).is_dir():
        progress(f"building Kubernetes {VERSION} with Go into {cache_folder() / name} (about 6 minutes, once)")
    return fetch_once(name, lambda folder: _build(folder, progress))


def folder_name(go: str) -> str:
    """What is built is settled by the modules, the compiler and our flags: their hash names it."""
    recipe = hashlib.sha256()
    for part in ((MODULE / "go.mod").read_bytes(), (MODULE / "go.sum").read_bytes(), go.encode(), _LINKER.encode()):
        recipe.update(hashlib.sha256(part).digest())
    recipe.update(" ".join(_PACKAGES).encode())
    return f"kubernetes-{VERSION}-{recipe.hexdigest()[:12]}"


def go_version() -> str:
    """Of the Go that would build, such as `go1.26.8`. Raises UserError when there is none, or one too old."""
    needed = re.search(r"^go (\d+\.\d+(?:\.\d+)?)$", (MODULE / "go.mod").read_text(), re.MULTILINE)
    assert needed is not None, "go.mod names no version"
    wanted = f"the Kubernetes control plane is built with Go {needed[1]} or newer"
    if shutil.which("go") is None:
        raise UserError(f"{wanted}, and there is no `go` on the PATH; {ELSEWHERE} may name a folder with its programs")
    asked = _go(["env", "GOVERSION"], MODULE)  # Go 1.21 and later fetch the version that go.mod asks for
    version = asked.stdout.strip()
    if asked.returncode or _numbers(version) < _numbers(needed[1]):
        raise UserError(f"{wanted}, and this one is not: {(asked.stderr or version).strip()[-300:]}")
    return version


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _go(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["go", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def _checked(folder: Path) -> Path:
    missing = [name for name in PROGRAMS if not os.access(folder / name, os.X_OK)]
    if missing:
        raise UserError(f"{ELSEWHERE} is {folder}, where these programs are missing: {', '.join(missing)}")
    return folder.resolve()


def _build(folder: Path, progress: Callable[[str], None]) -> None:
    source = folder / "source"  # a copy: Go may want to write beside it, and a package's folder may be read-only
    shutil.copytree(MODULE, source)
    command = ["go", "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", _LINKER, "-o", f"{folder}/"]
    log = folder / "build.log"
    process = spawn([*command, *_PACKAGES], log, cwd=source)
    try:
        _watch(process, log, progress)
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise UserError(f"Go could not build Kubernetes {VERSION}: {_last_words(log)}")
    for package, name in _PACKAGES.items():
        (folder / _built_as(package)).rename(folder / name)
    _keep_definitions(folder, source)
    shutil.rmtree(source)


def _watch(process: subprocess.Popen[bytes], log: Path, progress: Callable[[str], None]) -> None:
    began = time.monotonic()
    while True:
        try:
            process.wait(_TELL_S)
        except subprocess.TimeoutExpired:
            compiled = sum(not line.startswith("go: ") for line in log.read_text(errors="replace").splitlines())
            done = f"{compiled} packages compiled" if compiled else "linking what is compiled already"
            progress(f"  {time.monotonic() - began:.0f} s: {done}")
        else:
            return


def _built_as(package: str) -> str:
    last = package.rsplit("/", 1)[1]
    return package.rsplit("/", 2)[1] if re.fullmatch(r"v\d+", last) else last


def _keep_definitions(folder: Path, source: Path) -> None:
    """VPA's CustomResourceDefinitions lie in its module."""
    module = _go(["list", "-m", "-f", "{{.Dir}}", _VPA], source).stdout.strip()
    shutil.copyfile(Path(module) / "deploy" / VPA_DEFINITIONS, folder / VPA_DEFINITIONS)


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if ": " in line and not line.startswith("go: downloading")]
    return (errors or lines or ["it said nothing"])[-1][:300]
