"""Free loopback ports, chosen once and kept."""

from __future__ import annotations

import random
import socket
import time

from sandbox.errors import SandboxError

# Below 32768, where Linux starts to hand out ports to outgoing connections, so that nobody is given ours between two runs.
_FIRST, _LAST = 20000, 32000
_TRIES = 200
_MOMENTS, _MOMENT = 20, 0.1


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose(purposes: tuple[str, ...], kept: dict[str, int]) -> dict[str, int]:
    """A free port for each purpose: the kept one where it is free. Two sandboxes that choose at once pick at random of 12,000."""
    chosen: dict[str, int] = {}
    for purpose in purposes:
        port = kept.get(purpose)
        chosen[purpose] = port if port and _becomes_free(port) else _pick({*chosen.values(), *kept.values()})
    return chosen


def _becomes_free(port: int) -> bool:
    """Whether it is free now or in a moment: a killed server's threads hold its port a little longer than the process seems to live."""
    for _ in range(_MOMENTS):
        if is_free(port):
            return True
        time.sleep(_MOMENT)
    return False


def _pick(taken: set[int]) -> int:
    for _ in range(_TRIES):
        port = random.randrange(_FIRST, _LAST)  # noqa: S311 - no secret: only unlikely to be another's choice
        if port not in taken and is_free(port):
            return port
    raise SandboxError(f"no free port between {_FIRST} and {_LAST}", hint="stop other sandboxes: transom sandbox down")
