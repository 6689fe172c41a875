"""The runs that end from now on, as the controller's events tell them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from transom.controller.model import Run
from transom.controller.seam import View

_BATCH = 500
_TYPE = "run.ended"


@dataclass(slots=True)
class Ended:
    """Which of them were given already; those before the first look are none of them. One thread at a time."""

    view: View
    _seen: int = field(default=-1)

    def runs(self) -> Iterator[Run]:
        """Those since the last time. A run that cannot be read now stays for the next time."""
        if self._seen < 0:
            self._seen = self.view.newest_event()
        while events := self.view.events(self._seen, _BATCH):
            for event in events:
                run = self.view.run(event.run) if event.type == _TYPE and event.run else None
                self._seen = event.number
                if run is not None:
                    yield run
