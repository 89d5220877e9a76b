"""A real Kubernetes for development, demo and tests: etcd, API server, controllers, scheduler; kwok for the nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from engine.broker.development import silent
from engine.broker.lifetime import OnData
from engine.broker.ports import free_port
from engine.control_plane import additions, arguments, nodes
from engine.control_plane.access import Access
from engine.control_plane.build import programs
from engine.control_plane.certificates import Authority
from engine.control_plane.client import Client, answers
from engine.control_plane.options import Options
from engine.control_plane.ports import chosen_ports
from engine.control_plane.processes import Programs

API_SERVER: Final = "kube-apiserver"
_USUAL: Final = Options()
_NOBODY: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


class DevelopmentCluster(OnData):
    """One control plane on 127.0.0.1; its API server can be killed and started again on its data and port.

    `data`: folder of everything that it keeps; a temporary one, removed by `close`, when not given. `port`: the API
    server's, 0 takes a free one. `users`: groups by user, each with a token from the start. `progress` is told what
    happens. What starts something raises UserError when it cannot. Start it from a thread that lives as long as it.
    """

    def __init__(
        self, data: Path | None = None, port: int = 0, users: Mapping[str, Sequence[str]] = _NOBODY,
        options: Options = _USUAL, progress: Callable[[str], None] = silent,
    ) -> None:  # fmt: skip
        super().__init__(data, "trimtab-kubernetes-")
        self._port, self._users, self._options, self._progress = port, users, options, progress
        self._programs: Programs | None = None
        self._nodes = 0

    @property
    def kubeconfig(self) -> Path:
        """Of the administrator; `access` makes others."""
        return self.access.kubeconfig

    @property
    def client(self) -> Client:
        """As the administrator."""
        return self.access.client

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def audit_log(self) -> Path:
        """JSON lines, an event each, when `Options.audit` asks for it. An event is there before its answer is sent."""
        return self.logs / "audit.log"

    @property
    def pids(self) -> dict[str, int]:
        """Of the programs that run, by name."""
        return self._programs.pids if self._programs else {}

    def start(self) -> Self:
        """Starts everything, in a few seconds, and waits until pods can be made; builds it first, when it must."""
        assert self._programs is None, "the control plane runs already"
        self._binaries = programs(self._progress)
        self.data.mkdir(parents=True, exist_ok=True)
        self.ports = chosen_ports(self.data / "ports.json", self._port)
        self.url = f"https://{arguments.HOST}:{self.ports.api_server}"
        self._authority = Authority(self.data / "certificates")
        self.access = Access(self.data, self._authority, self.url, self._users)
        self._programs = Programs(self._binaries, self.logs)
        self._progress(f"starting Kubernetes at {self.url}")
        store = Client(f"http://{arguments.HOST}:{self.ports.store}", self._authority.file)
        self._run("etcd", arguments.etcd(self.data / "etcd", self.ports))
        self._programs.wait_until("etcd", lambda: answers(lambda: store.read("/health")))
        self.start_api_server()
        self._start_controllers()
        self._start_additions()
        return self

    def start_api_server(self) -> None:
        """Starts the API server and waits until it is ready, also after `kill_api_server`."""
        assert self._programs is not None, "the control plane does not run"
        flags = arguments.api_server(self.ports, self._authority, self.data, self.access.token_file)
        audit = arguments.audit(self.audit_log) if self._options.audit else []
        self._run(API_SERVER, [*flags, *audit, *self._options.api_server_flags])
        self._programs.wait_until(API_SERVER, lambda: answers(lambda: self.client.read("/readyz")))

    def kill_api_server(self) -> None:
        """SIGKILL, and nothing else is told."""
        assert self._programs is not None, "the control plane does not run"
        self._programs.kill(API_SERVER)

    def add_nodes(
        self, count: int, cpu: str = "16", memory: str = "64Gi", instance_type: str = "m5.4xlarge",
        zone: str = "eu-west-1a", capacity_type: str = "on-demand", labels: Mapping[str, str] = MappingProxyType({}),
    ) -> list[str]:  # fmt: skip
        """Makes nodes and waits until they are ready. `cpu`, `memory`: what is allocatable. Returns their names."""
        assert self._programs is not None, "the control plane does not run"
        first, self._nodes = self._nodes, self._nodes + count
        names = nodes.add_nodes(self.client, count, cpu, memory, instance_type, zone, capacity_type, first, labels)
        self._programs.wait_until("kwok", lambda: all(nodes.ready(self.client, name) for name in names))
        return names

    def check(self) -> None:
        """Raises UserError when one of the programs has ended by itself."""
        assert self._programs is not None, "the control plane does not run"
        self._programs.check()

    def stop(self) -> None:
        """Stops everything. The data stay; `start` continues on them."""
        if self._programs is not None:
            self._programs.stop()
            self._programs = None

    def _run(self, name: str, flags: list[str]) -> None:
        assert self._programs is not None
        self._programs.start(name, flags)

    def _start_controllers(self) -> None:
        assert self._programs is not None
        manager = arguments.controller_manager(
            self.kubeconfig, self._authority, self.data, self._options.horizontal_pod_autoscaling
        )
        self._run("kube-controller-manager", manager)
        self._run("kube-scheduler", arguments.scheduler(self.kubeconfig))
        self._run("kwok", arguments.kwok(self.kubeconfig, self._authority, self.ports))
        kubelet = Client(f"https://{arguments.HOST}:{self.ports.kubelet}", self._authority.file)
        self._programs.wait_until("kwok", lambda: answers(lambda: kubelet.read("/healthz")))
        account = "/api/v1/namespaces/default/serviceaccounts/default"  # no pod is admitted before it is there
        self._programs.wait_until("kube-controller-manager", lambda: answers(lambda: self.client.get(account)))

    def _start_additions(self) -> None:
        if self._options.metrics_server:
            self._run("metrics-server", arguments.metrics_server(self.kubeconfig, self._authority, self.ports))
            additions.register_metrics_server(self.client, self.ports.metrics_server)
        if self._options.vpa_recommender:
            additions.define_vpa(self.client, self._binaries)
            interval = self._options.vpa_interval_s
            self._run("vpa-recommender", arguments.vpa_recommender(self.kubeconfig, free_port(), interval))
