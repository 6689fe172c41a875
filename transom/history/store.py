"""Where the history is kept: beside the state, in the backend that the engine uses.

A store is a flat room of keys with bytes. The one thing it must do well is `create`: of two who create one key at the same time exactly one
succeeds, on every backend, so that two runs never take the same number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod


class Store(ABC):
    """A room of keys. Keys are relative paths with `/`, and sort as text."""

    @abstractmethod
    def read(self, key: str) -> bytes | None:
        """What is kept under `key`; None when nothing is."""

    @abstractmethod
    def create(self, key: str, content: bytes) -> bool:
        """Keeps `content` under a new key; False, and nothing is changed, when there is one already."""

    @abstractmethod
    def replace(self, key: str, content: bytes) -> None:
        """Keeps `content` under `key`, whole or not at all."""

    @abstractmethod
    def remove(self, key: str) -> None:
        """Forgets a key; one that is not there is forgotten already."""

    @abstractmethod
    def keys(self, prefix: str) -> tuple[str, ...]:
        """Keys below the folder `prefix`, sorted."""


class MemoryStore(Store):
    """For tests, and for whoever wants no history."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def read(self, key: str) -> bytes | None:
        """See Store."""
        return self.kept.get(key)

    def create(self, key: str, content: bytes) -> bool:
        """See Store."""
        return self.kept.setdefault(key, content) is content

    def replace(self, key: str, content: bytes) -> None:
        """See Store."""
        self.kept[key] = content

    def remove(self, key: str) -> None:
        """See Store."""
        self.kept.pop(key, None)

    def keys(self, prefix: str) -> tuple[str, ...]:
        """See Store."""
        return tuple(sorted(key for key in self.kept if key.startswith(f"{prefix.rstrip('/')}/")))
