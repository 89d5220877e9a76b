"""Engine, collector and executor as this demo starts them: the agents with tokens of their accounts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.broker.ports import free_port
from engine.control_plane.development import DevelopmentCluster

SCRAPE_S: Final = 5
"""Seconds between scrapes of a kubelet: a third of what is usual, for a demo is short."""


@dataclass(frozen=True, slots=True)
class Programs:
    """`scratch` is a folder of this run alone."""

    broker: str
    cluster: str
    scratch: Path
    kubernetes: DevelopmentCluster
    engine_port: int
    executor_port: int

    @classmethod
    def choose(cls, broker: str, cluster: str, scratch: Path, kubernetes: DevelopmentCluster) -> Programs:
        return cls(broker, cluster, scratch, kubernetes, free_port(), free_port())

    @property
    def ledger(self) -> Path:
        return self.scratch / "ledger.sqlite"

    def engine(self) -> list[str]:
        return ["engine", *self._common(self.engine_port), "--data-dir", str(self.scratch / "engine")]

    def collector(self) -> list[str]:
        flags = {
            "interval": SCRAPE_S,
            "kubelet-ca": self.kubernetes.data / "certificates" / "ca.crt",
            "spool-dir": self.scratch / "spool",
            "elect": "on",
        }
        return ["collect", "kubernetes", *self._common(free_port()), *self._agent("trimtab-collector"), *_words(flags)]

    def executor(self) -> list[str]:
        flags = {"target": "kubernetes", "ledger": self.ledger, "restart-by": "never"}
        return ["execute", *self._common(self.executor_port), *self._agent("trimtab-executor"), *_words(flags)]

    def _agent(self, account: str) -> list[str]:
        kubeconfig = self.kubernetes.access.of_service_account("trimtab", account)
        return _words({"cluster": self.cluster, "kubeconfig": kubeconfig, "lease-namespace": "trimtab"})

    def _common(self, port: int) -> list[str]:
        return _words({"broker": self.broker, "http-port": port, "log-format": "json"})


def _words(flags: dict[str, object]) -> list[str]:
    return [word for name, value in flags.items() for word in (f"--{name}", str(value))]
