"""What was delivered already, so that nothing is taken twice; within bounds of number and time."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOST = 10_000
"""Keys that are kept: two for each delivery, so some five thousand pushes."""
LONGEST = timedelta(days=3)
"""How long they are kept: GitHub lets a delivery be sent again for three days."""


class Deliveries(ABC):
    """Which deliveries came before. Asked only of deliveries that are proven, so nobody else can fill it."""

    @abstractmethod
    def first(self, keys: Sequence[str], now: datetime) -> bool:
        """Whether none of these keys came before; from now on all of them have. One answer for one caller, also with several at once."""

    @abstractmethod
    def forget(self, keys: Sequence[str]) -> None:
        """A delivery could not be taken after all: it may come again."""


@dataclass(slots=True)
class MemoryDeliveries(Deliveries):
    """Kept in this process: the oldest go first. A controller of several processes keeps them in its database instead."""

    most: int = MOST
    longest: timedelta = LONGEST
    _seen: OrderedDict[str, datetime] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def first(self, keys: Sequence[str], now: datetime) -> bool:
        """As the base says."""
        with self._lock:
            while self._seen and (len(self._seen) > self.most or next(iter(self._seen.values())) < now - self.longest):
                self._seen.popitem(last=False)
            known = any(key in self._seen for key in keys)
            for key in keys:
                self._seen.setdefault(key, now)
            return not known

    def forget(self, keys: Sequence[str]) -> None:
        """As the base says."""
        with self._lock:
            for key in keys:
                self._seen.pop(key, None)
