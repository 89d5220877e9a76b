"""What an API server, or the way to it, does instead of what it was asked."""

from __future__ import annotations

from engine.errors import TrimtabError


class ApiError(TrimtabError):
    """An answer that is no success. `reason` is its machine readable word, such as Conflict."""

    def __init__(self, status: int, reason: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{status} {reason}: {message}" if status else message)
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after_s = retry_after_s

    @property
    def gone(self) -> bool:
        """The resource version is too old to go on from: list again."""
        return self.status == 410

    @property
    def conflict(self) -> bool:
        """Someone else wrote since the read."""
        return self.status == 409 and self.reason != "AlreadyExists"

    @property
    def missing(self) -> bool:
        return self.status == 404

    @property
    def transient(self) -> bool:
        """May succeed when tried again: throttled, overloaded, restarting, out of reach."""
        return self.status in (0, 429, 500, 502, 503, 504)


class Unreachable(ApiError):
    """No answer at all; whether a write happened is not known."""

    def __init__(self, message: str) -> None:
        super().__init__(0, "Unreachable", message)
