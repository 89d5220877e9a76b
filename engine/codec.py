"""Bytes to messages and back. JSON by msgspec: errors say what was expected, what came, and at which path.

A newer minor version is read (unknown fields are passed over); an unknown major version raises `VersionError`.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from engine.errors import ContractError, MalformedError, VersionError
from engine.messages import Aggregate, AnyCommand, AnyDecision, AnyEvent, Cluster, ContainerSpec, DeadLetter
from engine.messages.common import VERSION

MAJOR: Final = VERSION.split(".", maxsplit=1)[0]
T = TypeVar("T")


class _Envelope(Struct):
    version: str


class Decoder(Generic[T]):
    """Decodes one topic's messages.

    Raises MalformedError for what does not parse or has a field of the wrong type, VersionError for an unknown major.
    """

    def __init__(self, kind: Any) -> None:
        self._whole: msgspec.json.Decoder[T] = msgspec.json.Decoder(kind)
        self._envelope = msgspec.json.Decoder(_Envelope)

    def __call__(self, payload: bytes) -> T:
        try:
            message = self._whole.decode(payload)
            version: str = getattr(message, "version", "")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._check_version(payload)
            raise MalformedError(str(error)) from error
        _require_known_major(version)
        return message

    def readable(self, payload: bytes) -> T | None:
        """For those who only look: None where the contract is broken. The engine dead-letters that."""
        try:
            return self(payload)
        except ContractError:
            return None

    def _check_version(self, payload: bytes) -> None:
        """A message of another major version may fail on a field: then its version is the true reason."""
        try:
            version = self._envelope.decode(payload).version
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        _require_known_major(version)


def _require_known_major(version: str) -> None:
    if version.split(".", maxsplit=1)[0] != MAJOR:
        raise VersionError(f"Expected version `{MAJOR}.x`, got `{version}` - at `$.version`")


decode_event: Final[Decoder[AnyEvent]] = Decoder(AnyEvent)
decode_command: Final[Decoder[AnyCommand]] = Decoder(AnyCommand)
decode_decision: Final[Decoder[AnyDecision]] = Decoder(AnyDecision)
decode_aggregate: Final[Decoder[Aggregate]] = Decoder(Aggregate)
decode_dead_letter: Final[Decoder[DeadLetter]] = Decoder(DeadLetter)
decode_cluster: Final[Decoder[Cluster]] = Decoder(Cluster)

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(message: Struct) -> bytes:
    """The message as JSON. Fields in the order of their declaration, so that equal messages are equal bytes."""
    return _encoder.encode(message)


def roster_hash(containers: list[ContainerSpec]) -> str:
    """Identifies a roster by its content: 16 hexadecimal digits of BLAKE2b over the encoded rows."""
    return hashlib.blake2b(_encoder.encode(containers), digest_size=8).hexdigest()


_UNSENT = b'"sent_s":0.0'


def stamp_sent(payload: bytes, sent_s: float) -> bytes:
    """The encoded event, which was made with `sent_s=0.0`, as sent now: a spool cannot know when it will send.

    Without decoding: the field stands before any text that a person could choose.
    """
    return payload.replace(_UNSENT, b'"sent_s":%.3f' % sent_s, 1)


PAYLOAD_KEPT: Final = 64 * 1024
"""Bytes of an unusable message that its dead letter carries."""


def quoting(letter: DeadLetter, payload: bytes, whole: bool = True) -> DeadLetter:
    """The dead letter with what identifies `payload`, and with its beginning unless only a part of it is dead."""
    begin = base64.b64encode(payload[:PAYLOAD_KEPT]).decode() if whole else ""
    return replace(letter, payload=begin, sha256=hashlib.sha256(payload).hexdigest(), size=len(payload))
