"""Two collectors of one cluster, real processes and a real broker: one writes, whatever happens to the one that did."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from agents.collector.sources.kubernetes.leadership import LOST
from engine.broker.development import DevelopmentBroker
from engine.codec import decode_event
from engine.control_plane.client import answers
from engine.control_plane.development import DevelopmentCluster
from engine.messages import Metrics, Roster
from tests.broker.faults.processes import Program, wait_until
from tests.broker.test_collector import log_of
from tests.brokers import apply_topics, declare
from tests.kubernetes.objects import make_deployment

pytestmark = pytest.mark.kubernetes
LEASE_S = 3.0
NAME = "shop"


class Replica:
    def __init__(self, broker: DevelopmentBroker, cluster: DevelopmentCluster, namespace: str, folder: Path) -> None:
        folder.mkdir()
        self.spool = folder / "spool" / f"{NAME}.sqlite"
        authority = cluster.data / "certificates" / "ca.crt"
        self.program = Program(f"collector-{folder.name}", [
            "collect", "kubernetes", "--cluster", NAME, "--broker", broker.bootstrap,
            "--spool-dir", str(self.spool.parent), "--kubeconfig", str(cluster.kubeconfig),
            "--kubelet-ca", str(authority), "--interval", "1",
            "--elect", "on", "--lease-namespace", namespace, "--lease-duration", str(LEASE_S),
        ], folder)  # fmt: skip

    def sent(self) -> int:
        """Messages that the broker has acknowledged to this process."""
        query = "SELECT SUM(value) FROM counters WHERE name IN ('metrics_sent', 'rosters_sent')"
        try:
            with closing(sqlite3.connect(f"file:{self.spool}?mode=ro", timeout=10, uri=True)) as database:
                return int(database.execute(query).fetchone()[0] or 0)
        except sqlite3.OperationalError:
            return 0


def produced(broker: DevelopmentBroker) -> list[float]:
    """When the messages of the topic were handed to a producer."""
    found = [(decode_event(value), headers) for _, value, headers in log_of(broker.bootstrap, NAME)]
    return sorted(float(headers["produced"]) for event, headers in found if isinstance(event, Roster | Metrics))


def test_one_writer_though_the_leader_sleeps_longer_than_its_lease(
    own_broker: DevelopmentBroker, cluster: DevelopmentCluster, namespace: str, tmp_path: Path
) -> None:
    apply_topics(own_broker.bootstrap)
    declare(own_broker.bootstrap, NAME, containers=600)
    make_deployment(cluster.client, namespace, "web", 2)
    first, second = (Replica(own_broker, cluster, namespace, tmp_path / name) for name in ("first", "second"))
    first.program.start()
    wait_until("the first writes", lambda: first.sent() > 10)
    second.program.start()
    wait_until("the second stands by", lambda: '"standing_by"' in second.program.log.read_text())
    time.sleep(LEASE_S)
    assert second.sent() == 0
    first.program.send(signal.SIGSTOP)
    stopped_s = time.time()
    wait_until("the second writes", lambda: second.sent() > 10)
    took_over_s = min(at for at in produced(own_broker) if at > stopped_s + 0.1)
    assert LEASE_S / 2 < took_over_s - stopped_s < 4 * LEASE_S
    first.program.send(signal.SIGCONT)
    assert first.program.wait() == LOST
    time.sleep(2.0)
    second.program.stop()
    after = [at for at in produced(own_broker) if at > stopped_s]
    assert len(after) == second.sent(), "a message is in the topic that the new leader has not written"
    third = Replica(own_broker, cluster, namespace, tmp_path / "third")
    released_s = time.time()
    third.program.start()
    wait_until("the lease was let go of", lambda: third.sent() > 0)
    assert time.time() - released_s < 10.0
    third.program.stop()
    assert answers(lambda: cluster.client.read("/readyz"))
