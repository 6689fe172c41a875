# ruff: noqa: D102, N802 - the methods are the protocol's, and it documents them
"""The smallest Python language host: runs `__main__.py` of the project in the host's own process.

The engine gives its address as the last argument; the port is the first line of stdout.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from concurrent import futures
from pathlib import Path

import grpc
from google.protobuf import empty_pb2
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc


def program() -> None:
    """The project's program; its folder is the working directory."""
    runpy.run_path("__main__.py", run_name="__main__")


class Host(LanguageServer):
    """Run comes from the Automation API's own server."""

    def Handshake(self, _request, _context):
        return language_pb2.LanguageHandshakeResponse()

    def InstallDependencies(self, _request, _context):
        return iter(())

    def Cancel(self, _request, _context):
        return empty_pb2.Empty()

    def Run(self, request, context):
        if request.pwd:
            os.chdir(request.pwd)
        sys.path.insert(0, str(Path.cwd()))
        if not request.args:
            request.args.append(sys.argv[-1])
        return super().Run(request, context)


def main() -> None:
    """Serve until told to go, or until the engine is gone: it may be killed."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))  # the engine says goodbye with it and waits 10 s for an answer
    server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", 400 << 20)])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(program), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    engine = os.getppid()
    while os.getppid() == engine:
        server.wait_for_termination(1)
    os._exit(0)


if __name__ == "__main__":
    main()
