"""One page /progress for several engines, so that a replay goes on whichever of them holds its slots."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

Progress = dict[str, dict[str, Any]]


class Pacer:
    """Serves `{"clusters": …}` as engines do, merged from what `ask` gives for each engine."""

    def __init__(self, ask: Callable[[], Iterable[Progress]]) -> None:
        self._ask = ask
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = orjson.dumps({"clusters": outer.merged()})
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/progress"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def merged(self) -> Progress:
        """Slots add up over the engines; a cluster has come as far as the last of its slots."""
        merged: Progress = {}
        for clusters in self._ask():
            for name, page in clusters.items():
                known = merged.setdefault(name, {"watermark_s": page["watermark_s"], "slots": 0})
                known["watermark_s"] = min(known["watermark_s"], page["watermark_s"])
                known["slots"] += page["slots"]
        return merged

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
