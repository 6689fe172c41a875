"""A run's language runtime: what the engine asks of whoever runs the program, and what plugins the program needs."""

from __future__ import annotations

import contextlib
import json
import os
import runpy
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
from pulumi.runtime import settings
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from transom.redaction import redact


class Runtime(LanguageServer):
    """One run's language runtime.

    As the SDK's, but: it says which plugins the installed packages need, as the language host does, so that the engine gets just those;
    what the program prints is told through the engine; and a failure that was told already is not told a second time.
    """

    def __init__(self, program: Path) -> None:
        super().__init__(self._execute)
        self._file = program
        self.running = threading.Lock()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802 - gRPC's names
        """Name, version and server of each provider plugin that an installed package says it needs (its `pulumi-plugin.json`)."""
        return language_pb2.GetRequiredPackagesResponse(packages=list(_packages()))

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Run the program once."""
        with self.running:
            answer: Any = super().Run(request, context)  # type: ignore[no-untyped-call]  # the SDK has no types there
        return language_pb2.RunResponse(bail=True) if answer.error else answer

    def _execute(self) -> None:
        settings.SETTINGS.root_directory = str(self._file.parent)  # inline programs have none
        printed = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - callbacks of outputs print later
        for stream in (sys.stdout, sys.stderr):
            os.dup2(printed.fileno(), stream.fileno())
        try:
            runpy.run_path(str(self._file), run_name="__main__")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            printed.seek(0)
            if said := printed.read().strip():
                log.info(redact(said))


@contextlib.contextmanager
def served(runtime: Runtime) -> Iterator[int]:
    """The port on loopback that it is served on."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=_GRPC_CHANNEL_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None)


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
