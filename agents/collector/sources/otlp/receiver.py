"""OTLP over HTTP: POST /v1/metrics, protobuf or JSON, plain or gzip.

What is malformed is refused whole (400), what is too large, too (413). Points that are ours and cannot be used are
answered with OTLP's partial success.
"""

from __future__ import annotations

import hmac
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import web
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from agents.collector.sources.otlp.board import Board
from agents.collector.sources.otlp.points import points_of
from agents.collector.sources.otlp.telemetry import OtlpTelemetry

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
QUIET: Final = ("other_metric", "repeated")
"""Counted, and not complained of: the same pipeline feeds others, and senders send again what they had no answer to."""


class Receiver:
    """`largest`: bytes of a request's body, as sent and unpacked. `token_file`: who may send, None is all."""

    def __init__(
        self, board: Board, telemetry: OtlpTelemetry, largest: int, token_file: Path | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._board, self._telemetry, self._now_s = board, telemetry, now_s
        self._largest, self._token_file = largest, token_file

    def app(self) -> web.Application:
        app = web.Application(client_max_size=self._largest)
        app.router.add_post("/v1/metrics", self.metrics)
        return app

    async def metrics(self, request: web.Request) -> web.Response:
        """Raises web.HTTPException."""
        if not self._allowed(request):
            raise self._refused(web.HTTPUnauthorized(text="expected Authorization: Bearer and the token"))
        kind = request.content_type
        if kind not in (PROTOBUF, JSON):
            raise self._refused(web.HTTPUnsupportedMediaType(text=f"expected {PROTOBUF} or {JSON}, got {kind}"))
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise self._refused(error) from None
        return _answer(kind, self._take(self._decoded(self._unpacked(body, request), kind)))

    def _take(self, message: ExportMetricsServiceRequest) -> Counter[str]:
        """What was ours and cannot be used, by reason."""
        now_s = self._now_s()
        points, refused = points_of(message, now_s)
        refused += self._board.take(points, now_s)
        self._telemetry.took(len(points), refused)
        return Counter({reason: count for reason, count in refused.items() if reason not in QUIET})

    def _unpacked(self, body: bytes, request: web.Request) -> bytes:
        encoding = request.headers.get("Content-Encoding", "identity").lower()
        if encoding == "identity":
            return body
        if encoding != "gzip":
            raise self._refused(web.HTTPUnsupportedMediaType(text=f"expected gzip or no encoding, got {encoding}"))
        unpacking = zlib.decompressobj(wbits=31)
        try:
            plain = unpacking.decompress(body, self._largest)
        except zlib.error as error:
            raise self._refused(web.HTTPBadRequest(text=f"not gzip: {error}")) from None
        if unpacking.unconsumed_tail:
            raise self._refused(web.HTTPRequestEntityTooLarge(self._largest, len(plain)))
        if not unpacking.eof:
            raise self._refused(web.HTTPBadRequest(text="not gzip: it ends too early"))
        return plain

    def _decoded(self, body: bytes, kind: str) -> ExportMetricsServiceRequest:
        message = ExportMetricsServiceRequest()
        try:
            if kind == PROTOBUF:
                message.ParseFromString(body)
            else:
                json_format.Parse(body, message, ignore_unknown_fields=True)
        except (DecodeError, json_format.ParseError, UnicodeDecodeError) as error:
            raise self._refused(web.HTTPBadRequest(text=f"not an ExportMetricsServiceRequest: {error}")) from None
        return message

    def _allowed(self, request: web.Request) -> bool:
        if self._token_file is None:
            return True
        expected = f"Bearer {self._token_file.read_text().strip()}"
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode())

    def _refused(self, error: web.HTTPException) -> web.HTTPException:
        self._telemetry.refused.labels(str(error.status)).inc()
        return error


def _answer(kind: str, refused: Counter[str]) -> web.Response:
    response = ExportMetricsServiceResponse()
    if refused:
        response.partial_success.rejected_data_points = refused.total()
        said = ", ".join(f"{count} {reason}" for reason, count in sorted(refused.items()))
        response.partial_success.error_message = f"points that cannot be used: {said}"
    body = response.SerializeToString() if kind == PROTOBUF else json_format.MessageToJson(response).encode()
    return web.Response(body=body, content_type=kind)
