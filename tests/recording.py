"""Recording mocks: the program runs for real, and every registration is kept instead of being sent to an engine.

Pulumi's mocks are process-global; `run` sets them anew each time and waits for everything, so that one run never sees another.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks as pulumi_mocks

ACCOUNT = "123456789012"
PASSWORD = "drawn-by-the-mock"

_INVOKES: Mapping[str, dict[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
    "aws:secretsmanager/getRandomPassword:getRandomPassword": {"randomPassword": PASSWORD},
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": ["eu-central-1c", "eu-central-1a", "eu-central-1b"]},
    "aws:ec2/getVpc:getVpc": {"id": "vpc-0", "cidrBlock": "172.31.0.0/16"},
    "aws:ec2/getSubnets:getSubnets": {"ids": ["subnet-1", "subnet-0"]},
    "aws:rds/getInstances:getInstances": {"instanceIdentifiers": []},
}

_COMPUTED: Mapping[str, dict[str, Any]] = {
    "aws:eks/cluster:Cluster": {
        "endpoint": "https://api.example.com",
        "certificateAuthority": {"data": "Y2VydGlmaWNhdGU="},
        "identities": [{"oidcs": [{"issuer": "https://oidc.example.com/id/ABC"}]}],
    },
    "aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 3},
    "aws:elasticache/replicationGroup:ReplicationGroup": {
        "primaryEndpointAddress": "primary.host",
        "configurationEndpointAddress": "all.host",
    },
}
"""What the types that are asked for more than that compute."""

_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
"""https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/properties.go: how secrets and outputs travel."""


@dataclass(frozen=True, slots=True)
class Registered:
    """One resource as the program registered it.

    Attributes:
        inputs: plain values, secrets too.
        secrets: paths of the inputs that are marked as secret, e.g. `password`, `stringData.DATABASE_URL`.
        provider: URN of the provider it is made through.
        parent, depends_on: URNs.
        ignored: properties whose changes are passed over.
        kept: whether it stays when it is no longer declared.
        imported: id of what is there already and is taken over.
    """

    type: str
    name: str
    urn: str
    parent: str
    inputs: dict[str, Any]
    secrets: frozenset[str]
    provider: str
    protected: bool
    depends_on: frozenset[str]
    ignored: tuple[str, ...]
    kept: bool = False
    imported: str = ""


@dataclass
class Recorder(pulumi.runtime.Mocks):
    """Answers like an engine whose every resource succeeds, and remembers.

    Attributes:
        invokes: answers to functions, by token; these go before the usual ones. A callable gets the function's arguments.
        outputs: outputs of other stacks, by stack name.
    """

    invokes: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    registered: list[Registered] = field(default_factory=list)
    exported: dict[str, Any] = field(default_factory=dict)
    called: list[tuple[str, str]] = field(default_factory=list)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Computed outputs are told from the name."""
        computed = {"arn": f"arn:{args.name}", "url": f"url:{args.name}", "address": f"{args.name}.host", "region": "eu-central-1"}
        return f"id-{args.name}", {**computed, **_COMPUTED.get(args.typ, {}), **args.inputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        """Answers an invoke; outputs of other stacks are those of `outputs`, by the stack's name."""
        self.called.append((args.token, args.provider))
        if args.token == "pulumi:pulumi:readStackOutputs":
            return {"outputs": self.outputs.get(args.args["name"].rpartition("/")[2], {})}
        answer = {**_INVOKES, **self.invokes}[args.token]
        return answer(args.args) if callable(answer) else answer

    @property
    def urns(self) -> list[str]:
        """Of everything registered, sorted."""
        return sorted(one.urn for one in self.registered)

    def of_type(self, type_: str) -> list[Registered]:
        """Everything registered with this type token."""
        return [one for one in self.registered if one.type == type_]

    def one(self, type_: str, name: str = "") -> Registered:
        """The one registration of a type, and name where there are several."""
        found = [one for one in self.of_type(type_) if not name or one.name == name]
        assert len(found) == 1, f"{len(found)} of {type_} {name}: {[one.name for one in self.of_type(type_)]}"
        return found[0]

    def below(self, urn: str) -> list[Registered]:
        """Everything whose parents lead to `urn`."""
        parents = {one.urn: one.parent for one in self.registered}

        def leads_there(one: Registered) -> bool:
            above = one.parent
            while above and above != urn:
                above = parents.get(above, "")
            return above == urn

        return [one for one in self.registered if leads_there(one)]


class _Monitor(pulumi_mocks.MockMonitor):
    """Pulumi's mock monitor, with URNs as the engine makes them and the whole request remembered."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self.recorder = recorder
        self.lock = threading.Lock()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The types of all parents but the stack are part of a URN; Pulumi's own mock keeps only the last."""
        above = parent.split("::")[2] if parent else ""
        types = type_ if above in ("", "pulumi:pulumi:Stack") else f"{above}${type_}"
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{types}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Keeps the registration, then answers as the mock does."""
        if request.type != "pulumi:pulumi:Stack":
            raw = json_format.MessageToDict(request.object)
            secrets: set[str] = set()
            inputs = {key: _plain(value, key, secrets) for key, value in raw.items()}
            kept = Registered(
                type=request.type,
                name=request.name,
                urn=self.make_urn(request.parent, request.type, request.name),
                parent=request.parent,
                inputs=inputs,
                secrets=frozenset(secrets),
                provider=request.provider.rpartition("::")[0],
                protected=bool(request.protect),
                depends_on=frozenset(request.dependencies),
                ignored=tuple(request.ignoreChanges),
                kept=bool(request.retainOnDelete),
                imported=request.importId,
            )
            with self.lock:
                self.recorder.registered.append(kept)
        return super().RegisterResource(request)


def _plain(value: Any, path: str, secrets: set[str]) -> Any:
    match value:
        case {"4dabf18193072939515e22adb298388d": signature}:
            if signature == _SECRET or (signature == _OUTPUT and value.get("secret")):
                secrets.add(path)
            return _plain(value.get("value"), path, secrets)
        case dict():
            return {key: _plain(inner, f"{path}.{key}", secrets) for key, inner in value.items()}
        case list():
            return [_plain(inner, f"{path}[{index}]", secrets) for index, inner in enumerate(value)]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def run(program: Callable[[], object], recorder: Recorder | None = None, *, stack: str = "dev", preview: bool = False) -> Recorder:
    """Runs a program to its end under the recorder; what it raises, also inside an apply, comes out."""
    recorder = recorder or Recorder()

    def declare() -> None:
        program()
        root: Any = pulumi.runtime.stack.get_root_resource()
        pulumi.Output.from_input(dict(root.outputs)).apply(recorder.exported.update)

    loops: list[asyncio.AbstractEventLoop] = []

    def own_loop() -> None:
        """The mock monitor, called in threads, would give each a loop that nobody closes."""
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    own_loop()
    executor = ThreadPoolExecutor(max_workers=8, initializer=own_loop)
    loops[0].set_default_executor(executor)
    try:
        pulumi.runtime.settings.set_root_resource(None)  # the stack of an earlier run would bring its outputs along
        pulumi_mocks.set_mocks(recorder, project="transom", stack=stack, preview=preview, monitor=_Monitor(recorder))
        loops[0].run_until_complete(pulumi.runtime.stack.run_pulumi_func(declare))
    finally:
        for task in (left := asyncio.all_tasks(loops[0])):  # what a failed run was still waiting for
            task.cancel()
        loops[0].run_until_complete(asyncio.gather(*left, return_exceptions=True))
        executor.shutdown()
        pulumi.runtime.settings.SETTINGS.outputs.clear()  # Pulumi keeps both beyond a run that failed
        pulumi.runtime.settings._get_rpc_manager().clear()
        asyncio.set_event_loop(None)
        for loop in loops:
            loop.close()
    return recorder
