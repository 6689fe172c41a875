"""The gRPC face of the stand-in: what the engine asks, answered from the entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.plugins import values
from sandbox.plugins.aws import check, diff, failures, paths, schema, settings, state
from sandbox.plugins.aws.catalog import ENTRIES
from sandbox.plugins.aws.entry import Change, Entry, Props
from sandbox.plugins.aws.invokes import INVOKES
from sandbox.plugins.aws.session import Aws, Session
from sandbox.plugins.serving import InitFailed, PluginError, Servicer, UnsupportedError, answering, check_response

_KINDS: Final = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
}
_MODES: Final = {0: "propose", 1: "enforce", 2: "disable"}


class AwsServicer(Servicer):
    """Answers the engine for one provider configuration."""

    def __init__(self) -> None:
        """Start unconfigured: nothing reaches AWS before Configure."""
        super().__init__("pulumi-aws")
        self._session = Session(settings.Settings(), self.cancelled)

    @property
    def _settings(self) -> settings.Settings:
        return self._session.settings

    @answering
    def CheckConfig(self, request: Any) -> provider_pb2.CheckResponse:  # noqa: N802 - gRPC's name
        """Validate the provider's inputs."""
        given = {name: value for name, value in values.decode(request.news).items() if value is not None}
        return provider_pb2.CheckResponse(inputs=request.news, failures=check_response({}, settings.check(given)).failures)

    @answering
    def Configure(self, request: Any) -> provider_pb2.ConfigureResponse:  # noqa: N802 - gRPC's name
        """Take the provider's inputs; refuses an endpoint that is not loopback, missing credentials and a forbidden account."""
        given = {name: value for name, value in values.decode(request.args).items() if value is not None}
        refused = settings.check(given)
        if refused:
            raise PluginError("; ".join(f"{failure.property}: {failure.reason}" for failure in refused))
        read = settings.read(given)
        self._session = Session(read, self.cancelled)
        if not values.has_unknown(given):
            for service in settings.SERVICES:
                read.endpoint(service)
            with _telling("configuring the AWS provider", given):
                self._session.verify()
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptOutputs=False, supports_autonaming_configuration=True
        )

    @answering
    def Check(self, request: Any) -> provider_pb2.CheckResponse:  # noqa: N802 - gRPC's name
        """Validate a resource's inputs and fill in defaults and its name."""
        naming = check.Naming(request.urn.rpartition("::")[2], request.randomSeed)
        if request.HasField("autonaming"):
            auto = request.autonaming
            naming = check.Naming(naming.resource, naming.seed, auto.proposed_name, _MODES[auto.mode])
        given, old = values.decode(request.news), values.reveal(values.decode(request.olds))
        checked = check.check(_entry(request), given, old, naming)
        return check_response(checked.inputs, checked.failures)

    @answering
    def Diff(self, request: Any) -> provider_pb2.DiffResponse:  # noqa: N802 - gRPC's name
        """Compare a resource's state with its inputs."""
        entry = _entry(request)
        inputs = state.effective(entry, values.reveal(values.decode(request.news)), self._settings)
        found = diff.differences(entry, values.reveal(values.decode(request.olds)), inputs, tuple(map(paths.parse, request.ignoreChanges)))
        detailed = {paths.text(each.path): provider_pb2.PropertyDiff(kind=_KINDS[each.kind, each.replace]) for each in found}
        replaces = list(dict.fromkeys(str(each.path[0]) for each in found if each.replace))
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=list(dict.fromkeys(str(each.path[0]) for each in found)),
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and diff.replaces_first(entry, inputs, found),
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    @answering
    def Create(self, request: Any) -> provider_pb2.CreateResponse:  # noqa: N802 - gRPC's name
        """Make a resource; one that exists already is refused by AWS and not adopted."""
        entry, marked = _entry(request), values.decode(request.properties)
        inputs = state.effective(entry, values.reveal(marked), self._settings)
        if request.preview:
            return provider_pb2.CreateResponse(properties=values.encode(state.secret(entry, state.preview(entry, inputs), marked)))
        aws = self._aws(inputs, request.timeout)
        try:
            with _telling(f"creating {entry.title} ({_called(entry, inputs)})", marked):
                made = self._made(entry, aws, aws.made(entry.create(aws, _own(inputs))), inputs)
        except PluginError as error:
            if not aws.born:
                raise
            id_ = aws.born[0]  # it exists: losing its id would orphan it
            kept = state.secret(entry, {**_own(inputs), "id": id_}, marked)
            raise InitFailed(str(error), id_, kept, inputs=marked) from error
        return provider_pb2.CreateResponse(id=made["id"], properties=values.encode(state.secret(entry, made, marked)))

    @answering
    def Read(self, request: Any) -> provider_pb2.ReadResponse:  # noqa: N802 - gRPC's name
        """Read a resource as it is: for a refresh from its state, for an import from its id alone; an empty id says it is gone."""
        entry, marked = _entry(request), values.decode(request.properties)
        old_marked = values.decode(request.inputs)
        before, old = values.reveal(marked), values.reveal(old_marked)
        aws = self._aws(before or old, request.timeout)
        importing = not before
        if importing and entry.imported is not None:
            before = entry.imported(aws, request.id)
        with _telling(f"reading {entry.title} ({request.id})", {**marked, **old_marked}):
            found = self._read(entry, aws, request.id, {**entry.defaults, **before} if importing else before)
        if found is None:
            return provider_pb2.ReadResponse()
        inputs = state.found_inputs(entry, old, found, before)
        like = {**marked, **old_marked}
        return provider_pb2.ReadResponse(
            id=found["id"],
            properties=values.encode(state.secret(entry, found, like)),
            inputs=values.encode(state.secret(entry, inputs, like)),
        )

    @answering
    def Update(self, request: Any) -> provider_pb2.UpdateResponse:  # noqa: N802 - gRPC's name
        """Bring a resource to new inputs."""
        entry, marked = _entry(request), values.decode(request.news)
        old, inputs = values.reveal(values.decode(request.olds)), state.effective(entry, values.reveal(marked), self._settings)
        if request.preview:
            planned = state.preview_update(entry, old, inputs)
            return provider_pb2.UpdateResponse(properties=values.encode(state.secret(entry, planned, marked)))
        ignored = tuple(map(paths.parse, request.ignoreChanges))
        keys = frozenset(str(each.path[0]) for each in diff.differences(entry, old, inputs, ignored))
        aws = self._aws(old, request.timeout)
        with _telling(f"updating {entry.title} ({request.id})", marked):
            entry.update(aws, Change(request.id, old, _own(inputs), keys | {"tags"} if "tagsAll" in keys else keys))
            # What AWS does not give back comes from the inputs alone: an old value must not outlive them.
            before = {name: value for name, value in old.items() if name not in entry.kept}
            made = self._read(entry, aws, request.id, {**before, **inputs})
        if made is None:
            raise PluginError(f"updating {entry.title} ({request.id}): it no longer exists; a refresh takes it out of the state")
        return provider_pb2.UpdateResponse(properties=values.encode(state.secret(entry, made, marked)))

    @answering
    def Delete(self, request: Any) -> empty_pb2.Empty:  # noqa: N802 - gRPC's name
        """Remove a resource; one that is gone already is no error."""
        entry, marked = _entry(request), values.decode(request.properties)
        old = values.reveal(marked)
        with _telling(f"deleting {entry.title} ({request.id})", marked):
            try:
                entry.delete(self._aws(old, request.timeout), request.id, old)
            except Exception as error:
                if not failures.is_gone(error, entry):
                    raise
        return empty_pb2.Empty()

    @answering
    def Invoke(self, request: Any) -> provider_pb2.InvokeResponse:  # noqa: N802 - gRPC's name
        """Answer a function."""
        function = INVOKES.get(request.tok)
        if function is None:
            raise UnsupportedError(
                f"the sandbox's stand-in does not implement the function {request.tok}; it has {', '.join(sorted(INVOKES))}"
            )
        marked = {name: value for name, value in values.decode(request.args).items() if value is not None}
        arguments = values.reveal(marked)
        refused = function.refusals(arguments)
        if refused:
            return provider_pb2.InvokeResponse(
                failures=[provider_pb2.CheckFailure(property=each.property, reason=each.reason) for each in refused]
            )
        with _telling(f"calling {request.tok}", marked):
            result = function.call(self._session.at(arguments.get("region", "")), arguments)
        return provider_pb2.InvokeResponse(**{"return": values.encode(result)})

    def _aws(self, properties: Mapping[str, Any], timeout: float) -> Aws:
        region = properties.get("region")
        return self._session.at(region if isinstance(region, str) else "", timeout)

    def _made(self, entry: Entry, aws: Aws, id_: str, inputs: Mapping[str, Any]) -> Props:
        made = self._read(entry, aws, id_, inputs)
        if made is None:
            raise PluginError(f"{entry.title} ({id_}) is not there after its creation")
        return made

    def _read(self, entry: Entry, aws: Aws, id_: str, before: Mapping[str, Any]) -> Props | None:
        try:
            live = entry.read(aws, id_, dict(before))
        except Exception as error:
            if failures.is_gone(error, entry):
                return None
            raise
        if live is None:
            return None
        found = {"id": id_, **live}
        if "region" in schema.resource(entry.pulumi):
            found["region"] = aws.region
        return state.outputs(entry, found, before, self._settings)


@contextmanager
def _telling(doing: str, private: Mapping[str, Any]) -> Iterator[None]:
    try:
        yield
    except PluginError as error:
        if isinstance(error, InitFailed) or str(error).startswith(doing):
            raise
        raise type(error)(f"{doing}: {error}") from error
    except Exception as error:
        shown = failures.told(error, doing, private)
        if shown is None:
            raise
        raise shown from error


def _entry(request: Any) -> Entry:
    token = request.type or request.urn.split("::")[2].rpartition("$")[2]
    entry = ENTRIES.get(token)
    if entry is None:
        close = settings.nearest(token, ENTRIES)
        raise UnsupportedError(f"the sandbox's stand-in for the aws plugin does not implement the resource type {token}{close}")
    return entry


def _own(inputs: Mapping[str, Any]) -> Props:
    return {name: value for name, value in inputs.items() if not name.startswith("__")}


def _called(entry: Entry, inputs: Mapping[str, Any]) -> str:
    name = entry.autoname.property if entry.autoname else entry.inputs[0]
    return str(inputs.get(name, "new"))
