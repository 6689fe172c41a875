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

    tasks: list[asyncio.Task[Any]] = []

    def remembered(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        tasks.append(asyncio.Task(coroutine, loop=loop, **options))
        return tasks[-1]

    own_loop()
    loops[0].set_task_factory(remembered)
    executor = ThreadPoolExecutor(max_workers=8, initializer=own_loop)
    loops[0].set_default_executor(executor)
    try:
        pulumi_mocks.set_mocks(recorder, project="transom", stack=stack, preview=preview, monitor=_Monitor(recorder))
        loops[0].run_until_complete(pulumi.runtime.stack.run_pulumi_func(declare))
    except asyncio.CancelledError:  # what else failed because of it may come first; what comes out is the cause
        raise next(error for task in tasks if task.done() and not task.cancelled() and (error := task.exception())) from None
    finally:
        for task in (left := asyncio.all_tasks(loops[0])):  # what a failed run was still waiting for
            task.cancel()
        loops[0].run_until_complete(asyncio.gather(*left, return_exceptions=True))
        executor.shutdown()
        pulumi.runtime.settings.SETTINGS.outputs.clear()  # Pulumi keeps both beyond a run that failed
        pulumi.runtime.settings._get_rpc_manager().clear()
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
