"""Writes rbac.yaml of each agent: python -m agents.manifests [FOLDER], by default docker/kubernetes."""

from __future__ import annotations

import sys
from pathlib import Path

from agents.manifests.rbac import AGENTS, text


def main(folder: Path) -> None:
    for agent in AGENTS:
        (folder / agent).mkdir(parents=True, exist_ok=True)
        (folder / agent / "rbac.yaml").write_text(text(agent))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docker/kubernetes"))
