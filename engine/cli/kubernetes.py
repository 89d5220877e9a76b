"""`trimtab kubernetes`: a development cluster in the foreground, and the build of its programs."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Final

import click

from engine.control_plane.build import programs
from engine.control_plane.development import DevelopmentCluster
from engine.control_plane.options import Options

_LOOK_S: Final = 0.5


@click.group()
def kubernetes() -> None:
    """Run a development cluster (real Kubernetes, no Docker)."""


@kubernetes.command()
def build() -> None:
    """Build the programs of a development cluster into the cache, and say where they are.

    Needs Go 1.21 or newer, which fetches the version that Kubernetes wants; about 6 minutes on two cores, once.
    """
    click.echo(programs(_say))


@kubernetes.command()
@click.option("--port", default=6443, show_default=True, help="Of the API server on 127.0.0.1; 0 takes a free one.")
@click.option("--nodes", default=3, show_default=True, type=click.IntRange(min=0), help="Nodes, played by kwok.")
@click.option("--cpu", default="16", show_default=True, help="CPU of a node.")
@click.option("--memory", default="64Gi", show_default=True, help="Memory of a node.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of its data, new or old.")
@click.option("--keep", is_flag=True, help="Keep the data of a temporary folder when it stops.")
@click.option("--metrics-server", is_flag=True, help="Run metrics-server, and the horizontal pod autoscaler on it.")
@click.option("--vpa", is_flag=True, help="Run the recommender of the Vertical Pod Autoscaler and metrics-server.")
def start(
    port: int, nodes: int, cpu: str, memory: str, data: Path | None, keep: bool, metrics_server: bool, vpa: bool
) -> None:
    """Build Kubernetes if need be, start it, and run until Ctrl-C. The kubeconfig's path is printed on stdout.

    \b
    Examples:
      trimtab kubernetes start --nodes 10                ten nodes on port 6443, data go when it stops
      trimtab kubernetes start --data ./kubernetes       data stay in ./kubernetes
      KUBECONFIG=... kubectl get nodes                   with the path that it prints
    """
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background jobs start with the latter ignored
        signal.signal(number, _as_interrupt)
    metrics = metrics_server or vpa
    options = Options(metrics_server=metrics, horizontal_pod_autoscaling=metrics, vpa_recommender=vpa)
    cluster = DevelopmentCluster(data, port, options=options, progress=_say)
    try:
        cluster.start()
        cluster.add_nodes(nodes, cpu, memory)
        _say(f"ready at {cluster.url}, {nodes} nodes, data in {cluster.data}, Ctrl-C stops it")
        click.echo(cluster.kubeconfig)
        while True:
            cluster.check()
            time.sleep(_LOOK_S)
    except KeyboardInterrupt:
        _say("stopping")
    finally:
        cluster.stop()
        if data is None and not keep:
            shutil.rmtree(cluster.data, ignore_errors=True)


def _say(text: str) -> None:
    click.echo(text, err=True)


def _as_interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
