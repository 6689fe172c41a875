"""Recording mocks: the program runs for real, and every registration is kept instead of being sent to an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks as pulumi_mocks

ACCOUNT = "123456789012"

_INVOKES: Mapping[str, dict[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
    "aws:secretsmanager/getRandomPassword:getRandomPassword": {"randomPassword": "drawn-by-the-mock"},
    "aws:ec2/getVpc:getVpc": {"id": "vpc-0", "cidrBlock": "172.31.0.0/16"},
    "aws:ec2/getSubnets:getSubnets": {"ids": ["subnet-1", "subnet-0"]},
    "aws:rds/getInstances:getInstances": {"instanceIdentifiers": []},
}


@dataclass(frozen=True, slots=True)
class Registered:
    """One resource as the program registered it."""

    type: str
    name: str
    inputs: dict[str, Any]
    provider: str


@dataclass
class Recorder(pulumi.runtime.Mocks):
    """Answers like an engine whose every resource succeeds, and remembers."""

    invokes: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    registered: list[Registered] = field(default_factory=list)
    protected: set[str] = field(default_factory=set)
    urns: list[str] = field(default_factory=list)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Keeps the registration; computed outputs are told from the name."""
        self.registered.append(Registered(args.typ, args.name, dict(args.inputs), args.provider or ""))
        request = getattr(args, "register_request", None)
        if request is not None and request.protect:
            self.protected.add(f"{args.typ}::{args.name}")
        computed = {"arn": f"arn:{args.name}", "url": f"url:{args.name}", "address": f"{args.name}.host", "region": "eu-central-1"}
        return f"id-{args.name}", {**computed, **args.inputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        """Answers an invoke; outputs of other stacks are those of `outputs`, by the stack's name."""
        if args.token == "pulumi:pulumi:readStackOutputs":
            return {"outputs": self.outputs.get(args.args["name"].rpartition("/")[2], {})}
        return {**_INVOKES, **self.invokes}[args.token]

    def of_type(self, type_: str) -> list[Registered]:
        """Everything registered with this type token."""
        return [one for one in self.registered if one.type == type_]

    def one(self, type_: str, name: str = "") -> Registered:
        """The one registration of a type, and name where there are several."""
        found = [one for one in self.of_type(type_) if not name or one.name == name]
        assert len(found) == 1, f"{len(found)} of {type_} {name}: {[one.name for one in self.of_type(type_)]}"
        return found[0]


def run(program: Callable[[], None], recorder: Recorder, *, stack: str = "dev") -> Recorder:
    """Runs a program to its end under the recorder; what it raises comes out."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        pulumi_mocks.set_mocks(recorder, project="transom", stack=stack, preview=False)
        _record_urns(recorder)
        loop.run_until_complete(pulumi.runtime.stack.run_pulumi_func(program))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return recorder


def _record_urns(recorder: Recorder) -> None:
    monitor = pulumi.runtime.settings.get_monitor()
    inner = monitor.make_urn

    def make_urn(parent: str, type_: str, name: str) -> str:
        urn = inner(parent, type_, name)
        recorder.urns.append(urn)
        return urn

    monitor.make_urn = make_urn
