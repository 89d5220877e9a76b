"""Apache Kafka itself: its jars by Maven, its properties, and the Java that runs it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from engine.broker.cache import cache_folder, fetch_once
from engine.errors import UserError

KAFKA_VERSION: Final = "4.1.0"
_LOG4J_VERSION: Final = "2.24.3"
_OLDEST_JAVA: Final = 17

_DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>trimtab</groupId><artifactId>broker</artifactId><version>1</version>
<packaging>pom</packaging><dependencies>{}</dependencies></project>
"""

_LOG4J = """status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c{1}: %m%n
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
"""

_SERVER = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={log_folder}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
message.max.bytes=5242880
replica.fetch.max.bytes=8388608
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=2000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""


def kafka_jars() -> Path:
    """The folder with Kafka's jars, fetched by Maven at first use. Raises UserError without Maven or network."""
    return fetch_once(f"kafka-{KAFKA_VERSION}", _fetch_jars)


def jars_present() -> bool:
    return (cache_folder() / f"kafka-{KAFKA_VERSION}").is_dir()


def _fetch_jars(folder: Path) -> None:
    if shutil.which("mvn") is None:
        raise UserError("the development broker's jars are fetched by Maven, and there is no `mvn` on the PATH")
    artifacts = [
        ("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
        ("org.apache.logging.log4j", "log4j-slf4j-impl", _LOG4J_VERSION),
        ("org.apache.logging.log4j", "log4j-core", _LOG4J_VERSION),
    ]
    pom = folder / "pom.xml"
    pom.write_text(_POM.format("".join(_DEPENDENCY.format(*artifact) for artifact in artifacts)))
    done = subprocess.run(
        ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", "-DincludeScope=runtime",
         f"-DoutputDirectory={folder}"],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
        raise UserError(f"Maven could not fetch Apache Kafka {KAFKA_VERSION}: {(errors or ['no message'])[0]}")


def java() -> str:
    """Path of a Java that is new enough. Raises UserError."""
    path = shutil.which("java")
    if path is None:
        raise UserError(f"the development broker needs Java {_OLDEST_JAVA} or newer: there is no `java` on the PATH")
    banner = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', banner)
    if version is None or int(version[1]) < _OLDEST_JAVA:
        found = version[1] if version else "an unknown version"
        raise UserError(f"the development broker needs Java {_OLDEST_JAVA} or newer, and {path} is {found}")
    return path


def write_properties(folder: Path, port: int, controller_port: int) -> tuple[Path, Path]:
    """Writes the broker's and log4j's properties into `folder`; returns both paths."""
    server, log4j = folder / "server.properties", folder / "log4j2.properties"
    server.write_text(_SERVER.format(port=port, controller_port=controller_port, log_folder=folder / "log"))
    log4j.write_text(_LOG4J)
    return server, log4j
