"""Processes that run the program for an engine: each is forked from this one, which has imported all that the program imports.

Run by `programs`, as `python -m transom.engine.forkserver SOCKET MODULE...`. Whoever connects sends one line of JSON, the
environment of the run; a fork answers with the port of a language runtime on loopback, as the engine's `--client` takes it, and ends when
the connection does. The service is the SDK's own, the one behind its inline programs.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import socketserver
import sys
from pathlib import Path

from transom.engine import runtime

_LOOK = 1.0
"""Seconds between two looks whether whoever started this is still there."""


class _Fork(socketserver.StreamRequestHandler):
    """A connection, in a process of its own."""

    def handle(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        environment: dict[str, str] = json.loads(self.rfile.readline())
        os.environ.clear()
        os.environ.update(environment)
        served = runtime.Runtime(Path.cwd() / "__main__.py")
        with runtime.served(served) as port:
            self.wfile.write(f"{port}\n".encode())
            self.rfile.read()
            served.running.acquire()  # whoever asked may have died: an engine that is at work is served to the end
            os._exit(0)  # threads of a program that never ends must not keep the process


class _Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    """Forks for every connection, for as long as whoever started it lives."""

    max_children = 1000
    block_on_close = False

    def __init__(self, descriptor: int) -> None:
        super().__init__("", _Fork, bind_and_activate=False)
        self.socket.close()
        self.socket = socket.socket(fileno=descriptor)
        self._parent = os.getppid()

    def service_actions(self) -> None:
        """Ends with whoever started it."""
        super().service_actions()
        if os.getppid() != self._parent:
            raise SystemExit


def main() -> None:
    """Import, then serve."""
    _, descriptor, *modules = sys.argv
    sys.argv = [str(Path.cwd() / "__main__.py")]
    for name in modules:
        importlib.import_module(name)
    server = _Server(int(descriptor))
    with contextlib.suppress(SystemExit):
        server.serve_forever(_LOOK)


if __name__ == "__main__":
    main()
