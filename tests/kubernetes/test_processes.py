"""The processes of a development cluster: killed, started again, told to stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.control_plane.client import Client, answers, until
from engine.control_plane.development import DevelopmentCluster
from tests.kubernetes.objects import make_pod, requested, resize

pytestmark = pytest.mark.kubernetes


def test_data_and_port_survive_a_killed_api_server(own_cluster: DevelopmentCluster) -> None:
    make_pod(own_cluster.client, "default", "one")
    url, before = own_cluster.url, own_cluster.pids["kube-apiserver"]
    own_cluster.kill_api_server()
    assert not answers(lambda: own_cluster.client.get("/version"))
    own_cluster.start_api_server()
    assert (own_cluster.url, own_cluster.pids["kube-apiserver"] == before) == (url, False)
    resize(own_cluster.client, "default", "one", cpu="300m", memory="256Mi")
    path = "/api/v1/namespaces/default/pods/one"
    assert until(lambda: requested(own_cluster.client.get(path), "status")["cpu"] == "300m", 60)  # kwok is back, too


def test_nothing_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    program = (
        "import time, pathlib, sys\n"
        "from engine.control_plane.development import DevelopmentCluster\n"
        "print(*DevelopmentCluster(pathlib.Path(sys.argv[1])).start().pids.values(), flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    children = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    assert len(children) == 5
    parent.kill()
    parent.wait()
    psutil.wait_procs(children, timeout=10)
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def test_kubernetes_start_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "engine.cli.main", "kubernetes", "start", "--port", "0", "--nodes", "2"]
    command = subprocess.Popen([*arguments, "--data", str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert command.stdout is not None
    kubeconfig = json.loads(Path(command.stdout.readline().strip()).read_text())
    user, cluster = kubeconfig["users"][0]["user"], kubeconfig["clusters"][0]["cluster"]
    pair = (Path(user["client-certificate"]), Path(user["client-key"]))
    client = Client(cluster["server"], Path(cluster["certificate-authority"]), pair)
    assert len(client.get("/api/v1/nodes")["items"]) == 2
    children = psutil.Process(command.pid).children()
    os.kill(command.pid, signal.SIGINT)
    assert command.wait(30) == 0
    assert not [child for child in children if child.is_running()]
