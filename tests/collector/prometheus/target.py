"""What a Prometheus scrapes: a cluster of StatefulSets that runs now, of which a test changes sizes and kills."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from tests.collector.prometheus.shop import MIB, Pod


class Target:
    """Use as a context; `address` is host:port. CPU is each pod's `cpu`, at the seconds since `since_s`."""

    def __init__(self, pods: list[Pod], since_s: float) -> None:
        self._pods, self._since_s = pods, since_s
        self.requests = {pod.name: 0.5 for pod in pods}
        self.kills = {pod.name: 0 for pod in pods}
        self._used = {pod.name: 0.0 for pod in pods}
        self._last_s = time.time()
        self._lock = threading.Lock()

    def __enter__(self) -> Target:
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = target.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it so)
                """Not into the test's output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def text(self) -> str:
        with self._lock:
            now_s = time.time()
            passed_s, self._last_s = now_s - self._last_s, now_s
            return "\n".join([*(line for pod in self._pods for line in self._lines(pod, now_s, passed_s)), ""])

    def _lines(self, pod: Pod, now_s: float, passed_s: float) -> list[str]:
        own = f'namespace="{pod.namespace}",pod="{pod.name}"'
        both = f'{own},container="{pod.container}"'
        self._used[pod.name] += pod.cpu(now_s - self._since_s) * passed_s
        killed = [f'kube_pod_container_status_last_terminated_reason{{{both},reason="OOMKilled"}} 1']
        return [
            f"container_cpu_usage_seconds_total{{{both}}} {self._used[pod.name]:.6f}",
            f"container_memory_working_set_bytes{{{both}}} {pod.memory(now_s - self._since_s):.0f}",
            f'kube_pod_owner{{{own},owner_kind="{pod.owner[0]}",owner_name="{pod.owner[1]}"}} 1',
            f"kube_pod_container_info{{{both}}} 1",
            f'kube_pod_info{{{own},node="node-1"}} 1',
            f'kube_pod_status_phase{{{own},phase="Running"}} 1',
            f'kube_pod_container_resource_requests{{{both},resource="cpu"}} {self.requests[pod.name]}',
            f'kube_pod_container_resource_limits{{{both},resource="memory"}} {512 * MIB:.0f}',
            f"kube_pod_container_status_restarts_total{{{both}}} {self.kills[pod.name]}",
            *(killed if self.kills[pod.name] else []),
        ]
