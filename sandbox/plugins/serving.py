"""Serves one stand-in provider plugin to the engine: the gRPC server, its life, and how exceptions become gRPC statuses."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent import futures
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.plugins import values
from sandbox.plugins.loopback import NotLoopbackError

# Waits for readiness hold a thread each; the engine runs at most 4 operations per core unless told otherwise.
_WORKERS: Final = 128
_LARGEST_MESSAGE: Final = 400 * 1024 * 1024  # bytes, as the engine's own limit
_PARENT_POLL_SECONDS: Final = 1.0
_LOG_SECONDS: Final = 5.0
_GRACE_SECONDS: Final = 0.2  # the engine sends SIGINT when it is done with a plugin and kills it a second later


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one property is refused by a check; an empty property means the whole."""

    reason: str
    property: str = ""


class PluginError(Exception):
    """An operation failed and nothing was changed, or what was changed is not known; the message reaches the user as it is."""

    code = grpc.StatusCode.UNKNOWN


class UnsupportedError(PluginError):
    """The real plugin can do this and the stand-in cannot; the message says what to use instead."""

    code = grpc.StatusCode.UNIMPLEMENTED


@dataclass(eq=False)
class InitFailed(PluginError):  # noqa: N818 - the engine's own name for it: a resource exists but is not ready
    """The resource exists and is recorded in the state, but did not become what was asked.

    Attributes:
        message: what the user reads.
        id: the resource's id.
        properties: its state as it is now.
        inputs: its inputs as they are now; empty means those of the request.
        reasons: one line per cause; the message when empty.
    """

    message: str
    id: str
    properties: Mapping[str, Any]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.message


def _status(error: Exception) -> status_pb2.Status:
    code = getattr(error, "code", grpc.StatusCode.UNKNOWN)
    status = status_pb2.Status(code=code.value[0], message=str(error) or type(error).__name__)
    if isinstance(error, InitFailed):
        detail = provider_pb2.ErrorResourceInitFailed(
            id=error.id,
            properties=values.encode(error.properties),
            reasons=error.reasons or (error.message,),
            inputs=values.encode(error.inputs) if error.inputs else None,
        )
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def abort(context: grpc.ServicerContext, error: Exception) -> None:
    """End the call with the error's gRPC status; `InitFailed` carries its state in the status's details. Never returns normally."""
    status = _status(error)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    code = getattr(error, "code", grpc.StatusCode.UNKNOWN)
    context.abort(code, status.message)


def answering(handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any, grpc.ServicerContext], Any]:
    """Make a gRPC method of a function `(servicer, request) -> response` whose exceptions become statuses.

    A PluginError, an unreadable value or a loopback refusal reaches the user as it is; any other exception is a defect
    and is reported with its type and place, without its arguments, which may hold secrets.
    """

    def method(servicer: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return handler(servicer, request)
        except (PluginError, NotLoopbackError, values.SignatureError) as error:
            abort(context, error)
        except Exception as error:  # noqa: BLE001 - the last frame before gRPC, which would print the message's arguments
            abort(context, PluginError(_defect(handler.__name__, error)))

    method.__name__ = handler.__name__
    return method


def _defect(name: str, error: Exception) -> str:
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "an unknown place"
    return f"the stand-in plugin has a defect: {type(error).__name__} in {name} at {where}"


def check_response(inputs: Mapping[str, Any], failures: tuple[Failure, ...] | list[Failure] = ()) -> provider_pb2.CheckResponse:
    """Give what Check and CheckConfig answer: the inputs to keep and why any of them is refused."""
    return provider_pb2.CheckResponse(
        inputs=values.encode(inputs),
        failures=[provider_pb2.CheckFailure(property=failure.property, reason=failure.reason) for failure in failures],
    )


class Engine:
    """The engine that runs the plugin, as far as a plugin tells it things."""

    def __init__(self, address: str) -> None:
        """Tell the engine at the address, as `host:port`; an empty one is told nothing."""
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None

    def warn(self, urn: str, message: str) -> None:
        """Show the user a warning about the resource."""
        self._log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, urn=urn, message=message))

    def status(self, urn: str, message: str) -> None:
        """Show what the resource waits for, until something else is shown."""
        self._log(engine_pb2.LogRequest(severity=engine_pb2.INFO, urn=urn, message=message, ephemeral=True))

    def _log(self, request: engine_pb2.LogRequest) -> None:
        if self._stub is None:
            return
        try:
            self._stub.Log(request, timeout=_LOG_SECONDS)
        except grpc.RpcError:
            return  # an engine that is going away needs no more news, and an operation must not fail for want of a listener


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """What all stand-in plugins answer alike: handshake, version, configuration that never replaces, cancel.

    Attributes:
        cancelled: set once the user has asked to stop; every wait must watch it.
        engine: where warnings and the state of waits are told.
    """

    def __init__(self, package: str) -> None:
        """Serve the plugin whose SDK is the Python distribution `package`, e.g. `pulumi-kubernetes`; its version is reported."""
        self.package = package
        self.cancelled = threading.Event()
        self.engine = Engine("")

    def Handshake(self, request: Any, _context: Any) -> provider_pb2.ProviderHandshakeResponse:  # noqa: N802 - gRPC's name
        """Learn where the engine is; answer what it may send: secrets yes, resource references and outputs no."""
        self.engine = Engine(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    def GetPluginInfo(self, _request: Any, _context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802 - gRPC's name
        """Report the SDK's version: any other makes the engine warn of a mismatch."""
        return plugin_pb2.PluginInfo(version=metadata.version(self.package))

    def CheckConfig(self, request: Any, _context: Any) -> provider_pb2.CheckResponse:  # noqa: N802 - gRPC's name
        """Accept the provider's arguments as they are."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, _context: Any) -> provider_pb2.DiffResponse:  # noqa: N802 - gRPC's name
        """Tell whether the provider's arguments differ; a difference never replaces what the provider holds."""
        old, new = values.decode(request.olds), values.decode(request.news)
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind, diffs=changed)

    def Cancel(self, _request: Any, _context: Any) -> empty_pb2.Empty:  # noqa: N802 - gRPC's name
        """Ask every wait under way to end."""
        self.cancelled.set()
        return empty_pb2.Empty()

    def Attach(self, request: Any, _context: Any) -> empty_pb2.Empty:  # noqa: N802 - gRPC's name
        """Accept an engine that attaches to a running plugin."""
        self.engine = Engine(request.address)
        return empty_pb2.Empty()


def serve(servicer: Servicer) -> None:
    """Serve until the engine is gone or asks to end (SIGINT, SIGTERM); the port is the first line on stdout.

    The engine ends a plugin with SIGINT and kills it shortly after, so calls under way get a moment and no more.
    """
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    parent = os.getppid()
    limits = (("grpc.max_receive_message_length", _LARGEST_MESSAGE), ("grpc.max_send_message_length", _LARGEST_MESSAGE))
    server = grpc.server(futures.ThreadPoolExecutor(_WORKERS), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # An engine that dies leaves no signal behind, only a new parent.
    while not stopping.wait(_PARENT_POLL_SECONDS) and os.getppid() == parent:
        pass
    servicer.cancelled.set()
    server.stop(_GRACE_SECONDS).wait()
    # Threads that still wait for a cluster must not keep the process: everything worth saving was answered.
    os._exit(0)
