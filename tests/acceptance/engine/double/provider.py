# ruff: noqa: D102, N802 - the methods are the protocol's, and it documents them
"""A provider of the engine's protocol whose cloud is a folder: `test:index:Thing` and `test:index:Plain`, one JSON file each.

Inputs: `name` (a change replaces), `size`, `labels`, `token` and anything else, kept as they are. A Thing's Diff is detailed, a Plain's
names keys only. The folder is `THINGS`. What a test writes there is what the cloud does: a file's `unreadable` fails Read, `.refuse-NAME`
fails create and update of NAME with its text, `.slow-NAME` delays them by its seconds, or until it is gone or the engine cancels, and
`.late-NAME` keeps back the answer of what is done already, as long; with `create`, `update` or `delete` before NAME only of that operation.
While it waits it has written `.waiting-NAME`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import uuid
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pulumi
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

FORCES_REPLACEMENT = frozenset({"name"})
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"


def plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    """The properties as JSON, secrets unwrapped."""
    return unwrap(json_format.MessageToDict(struct))


def unwrap(value: Any) -> Any:
    """`value` without the envelopes of secrets; whole numbers as such."""
    match value:
        case dict() if SIGNATURE in value:
            return unwrap(value["value"])
        case dict():
            return {key: unwrap(inner) for key, inner in value.items()}
        case list():
            return [unwrap(inner) for inner in value]
        case float() if value.is_integer():
            return int(value)
    return value


def struct(properties: dict[str, Any]) -> struct_pb2.Struct:
    """Properties for the wire, `token` as a secret."""
    wrapped = {
        key: {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": value} if key == "token" else value
        for key, value in properties.items()
    }
    return json_format.ParseDict(wrapped, struct_pb2.Struct())


def paths(before: Any, after: Any, at: str = "") -> dict[str, str]:
    """Property paths that differ, with `add`, `delete` or `update`."""
    if isinstance(before, dict) and isinstance(after, dict):
        found: dict[str, str] = {}
        for key in sorted(before.keys() | after.keys()):
            step = f'["{key}"]' if any(sign in key for sign in '."[]') else (f".{key}" if at else key)
            if key not in before:
                found[at + step] = "add"
            elif key not in after:
                found[at + step] = "delete"
            else:
                found |= paths(before[key], after[key], at + step)
        return found
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return {
            path: kind
            for index, pair in enumerate(zip(before, after, strict=True))
            for path, kind in paths(*pair, f"{at}[{index}]").items()
        }
    return {} if before == after else {at: "update"}


class Things(provider_pb2_grpc.ResourceProviderServicer):
    """The provider."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cancelled = threading.Event()

    def Handshake(self, _request, _context):
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=True)

    def GetPluginInfo(self, _request, _context):
        return plugin_pb2.PluginInfo(version="1.0.0")

    def CheckConfig(self, request, _context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, _request, _context):
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, _request, _context):
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=True, acceptOutputs=True)

    def Check(self, request, _context):
        failures = (
            [provider_pb2.CheckFailure(property="invalid", reason="is not a property of a thing")] if "invalid" in request.news else []
        )
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request, _context):
        before, after = plain(request.olds), plain(request.news)
        before = {key: value for key, value in before.items() if key != "serial"}
        changed = paths(before, after)
        tops = sorted({path.split(".")[0].split("[")[0] for path in changed})
        replaces = [top for top in tops if top in FORCES_REPLACEMENT]
        answer = provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=tops,
            replaces=replaces,
            deleteBeforeReplace=True,
        )
        if request.urn.rsplit("::", 2)[1].endswith("Thing"):
            answer.hasDetailedDiff = True
            for path, kind in changed.items():
                forced = "_REPLACE" if path.split(".")[0] in FORCES_REPLACEMENT else ""
                answer.detailedDiff[path].kind = provider_pb2.PropertyDiff.Kind.Value(kind.upper() + forced)
        return answer

    def Create(self, request, context):
        properties = plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=struct(properties | {"serial": UNKNOWN}))
        self._obey("create", properties["name"], context)
        identity = f"{properties['name']}-{uuid.uuid4().hex[:6]}"
        self._write(identity, properties)
        self._wait(f"late-create-{properties['name']}", context)
        return provider_pb2.CreateResponse(id=identity, properties=struct(properties | {"serial": f"serial-{identity}"}))

    def Read(self, request, context):
        file = self.folder / f"{request.id}.json"
        if not file.exists():
            return provider_pb2.ReadResponse()
        properties = json.loads(file.read_text())
        if "unreadable" in properties:
            context.abort(grpc.StatusCode.UNKNOWN, str(properties["unreadable"]))
        return provider_pb2.ReadResponse(
            id=request.id, properties=struct(properties | {"serial": f"serial-{request.id}"}), inputs=struct(properties)
        )

    def Update(self, request, context):
        properties = plain(request.news)
        if not request.preview:
            self._obey("update", properties["name"], context)
            self._write(request.id, properties)
            self._wait(f"late-update-{properties['name']}", context)
        return provider_pb2.UpdateResponse(properties=struct(properties | {"serial": f"serial-{request.id}"}))

    def Delete(self, request, context):
        name = plain(request.properties)["name"]
        self._obey("delete", name, context)
        (self.folder / f"{request.id}.json").unlink(missing_ok=True)
        self._wait(f"late-delete-{name}", context)
        return empty_pb2.Empty()

    def Cancel(self, _request, _context):
        self.cancelled.set()
        return empty_pb2.Empty()

    def _write(self, identity: str, properties: dict[str, Any]) -> None:
        (self.folder / f"{identity}.json").write_text(json.dumps(properties))

    def _obey(self, operation: str, name: str, context: grpc.ServicerContext) -> None:
        self._wait(f"slow-{name}", context)
        self._wait(f"slow-{operation}-{name}", context)
        refuse = self.folder / f".refuse-{name}"
        if refuse.exists():
            context.abort(grpc.StatusCode.UNKNOWN, refuse.read_text())

    def _wait(self, hook: str, context: grpc.ServicerContext) -> None:
        file = self.folder / f".{hook}"
        until = time.monotonic() + (float(file.read_text()) if file.exists() else 0)
        while file.exists() and time.monotonic() < until:
            (self.folder / f".waiting-{hook}").touch()
            if self.cancelled.wait(0.05):
                context.abort(grpc.StatusCode.CANCELLED, "cancelled")


def main() -> None:
    """Serve until told to go, or until the engine is gone: it may be killed; its port is the first line of stdout."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))  # the engine says goodbye with it and waits 10 s for an answer
    server = grpc.server(futures.ThreadPoolExecutor(16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Things(Path(os.environ["THINGS"])), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    engine = os.getppid()
    while os.getppid() == engine:
        server.wait_for_termination(1)
    os._exit(0)


if __name__ == "__main__":
    assert pulumi
    main()
