"""Processes that run the program for an engine: each is forked from this one, which has imported all that the program imports.

Run by `programs`, as `python -m transom.engine.forkserver SOCKET FOLDER MODULE...`. Whoever connects sends one line of JSON, the
environment of the run; a fork answers with the port of a language runtime on loopback, as the engine's `--client` takes it, and ends when
the connection does. The service is the SDK's own, the one behind its inline programs.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import signal
import socket
import socketserver
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator
from concurrent import futures
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
from pulumi import log
from pulumi.automation._server import LanguageServer  # the class behind the inline programs of the Automation API; it has no public name
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from transom.redaction import redact

_LOOK = 1.0
"""Seconds between two looks whether whoever started this is still there."""


class Runtime(LanguageServer):
    """One run's language runtime.

    As the SDK's, but: it says which plugins the installed packages need, as the language host does, so that the engine gets just those;
    what the program prints is told through the engine; and a failure that was told already is not told a second time.
    """

    def __init__(self, program: Path) -> None:
        super().__init__(lambda: self._execute(program))
        self.running = threading.Lock()
        self._printed = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - for as long as the process lives

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802 - gRPC's names
        """Name, version and server of each provider plugin that an installed package says it needs (its `pulumi-plugin.json`)."""
        return language_pb2.GetRequiredPackagesResponse(packages=list(_packages()))

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Run the program once."""
        with self.running:
            answer: Any = super().Run(request, context)  # type: ignore[no-untyped-call]
        return language_pb2.RunResponse(bail=True) if answer.error else answer

    def _execute(self, program: Path) -> None:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(self._printed.fileno(), stream.fileno())
        try:
            runpy.run_path(str(program), run_name="__main__")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            self._printed.seek(0)
            if said := self._printed.read().strip():
                log.info(redact(said))


class _Fork(socketserver.StreamRequestHandler):
    """A connection, in a process of its own."""

    def handle(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        environment: dict[str, str] = json.loads(self.rfile.readline())
        os.environ.clear()
        os.environ.update(environment)
        server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=_GRPC_CHANNEL_OPTIONS)
        runtime = Runtime(Path.cwd() / "__main__.py")
        language_pb2_grpc.add_LanguageRuntimeServicer_to_server(runtime, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.wfile.write(f"{port}\n".encode())
        self.rfile.read()
        runtime.running.acquire()  # whoever asked may have died: an engine that is at work is served to the end
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


def _packages() -> Iterator[Any]:
    for file in sorted(Path(sysconfig.get_path("purelib")).glob("*/pulumi-plugin.json")):
        wanted = json.loads(file.read_text(encoding="utf-8"))
        if wanted.get("resource"):
            package = file.parent.name
            yield plugin_pb2.PackageDependency(
                name=wanted.get("name") or package.removeprefix("pulumi_"),
                kind="resource",
                version=f"v{(wanted.get('version') or metadata.version(package)).removeprefix('v')}",
                server=wanted.get("server", ""),
            )


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
