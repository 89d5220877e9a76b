"""What development servers have in common: a folder of data, a beginning and an end."""

from __future__ import annotations

import shutil
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self


class OnData(ABC):
    """A server on the folder `data`; a temporary one, removed by `close`, when not given. As a context it is started
    and closed."""

    def __init__(self, data: Path | None, prefix: str) -> None:
        self._temporary = data is None
        self.data = (data or Path(tempfile.mkdtemp(prefix=prefix))).resolve()

    @abstractmethod
    def start(self) -> Self:
        """Starts it and waits until it answers."""

    @abstractmethod
    def stop(self) -> None:
        """Ends it. The data stay; `start` continues on them."""

    def close(self) -> None:
        """Stops it; temporary data go."""
        self.stop()
        if self._temporary:
            shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
