"""A moto server of the test process and the stand-in's own methods called in it, without an engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer
from pulumi.runtime.proto import provider_pb2 as pb

from sandbox.awsserver import mend
from sandbox.plugins import values
from sandbox.plugins.aws.provider import AwsServicer

REGION = "eu-central-1"
KINDS = {number: name for name, number in pb.PropertyDiff.Kind.items()}


class RefusedError(Exception):
    """The plugin answered with an error."""


class Context:
    """What a gRPC call gives a servicer, as far as the plugin uses it."""

    def set_trailing_metadata(self, _metadata: Any) -> None:
        """Take the status's details, which these tests do not look at."""

    def abort(self, _code: Any, message: str) -> None:
        """End the call."""
        raise RefusedError(message)


@dataclass
class Resource:
    """One resource in the hands of a test: its inputs as checked, its id and its state."""

    token: str
    name: str
    given: dict[str, Any]
    inputs: dict[str, Any]
    id: str
    state: dict[str, Any]


@dataclass
class Plugin:
    """The plugin, configured, with the engine's side of the conversation."""

    servicer: AwsServicer
    endpoint: str
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Give boto3's own client: the hand that changes things behind the plugin's back."""
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
            )
        return self.clients[service]

    def check(self, token: str, given: dict[str, Any], old: dict[str, Any] | None = None, name: str = "it") -> Any:
        """Give (inputs, failures by property)."""
        request = pb.CheckRequest(urn=urn(token, name), news=values.encode(given), olds=values.encode(old or {}), randomSeed=b"seed")
        answer = self.servicer.Check(request, Context())
        return values.decode(answer.inputs), {each.property: each.reason for each in answer.failures}

    def create(self, token: str, given: dict[str, Any], name: str = "it") -> Resource:
        """Check and create."""
        inputs, failures = self.check(token, given, name=name)
        assert not failures, failures
        made = self.servicer.Create(pb.CreateRequest(urn=urn(token, name), properties=values.encode(inputs)), Context())
        return Resource(token, name, given, inputs, made.id, values.decode(made.properties))

    def preview(self, token: str, given: dict[str, Any], name: str = "it") -> dict[str, Any]:
        """Check and preview a creation."""
        inputs, failures = self.check(token, given, name=name)
        assert not failures, failures
        answer = self.servicer.Create(pb.CreateRequest(urn=urn(token, name), properties=values.encode(inputs), preview=True), Context())
        assert answer.id == ""
        return values.decode(answer.properties)

    def diff(self, have: Resource, given: dict[str, Any] | None = None, ignore: tuple[str, ...] = ()) -> Any:
        """Give what the plugin says of new inputs (the same ones when None)."""
        inputs, failures = self.check(have.token, have.given if given is None else given, have.inputs, have.name)
        assert not failures, failures
        request = pb.DiffRequest(
            id=have.id, urn=urn(have.token, have.name), olds=values.encode(have.state), news=values.encode(inputs), ignoreChanges=ignore
        )
        answer = self.servicer.Diff(request, Context())
        detailed = {path: KINDS[each.kind] for path, each in answer.detailedDiff.items()}
        return SimpleNamespace(detailed=detailed, replaces=list(answer.replaces), first=answer.deleteBeforeReplace, inputs=inputs)

    def update(self, have: Resource, given: dict[str, Any]) -> None:
        """Check and update; the resource is brought up to date."""
        inputs, failures = self.check(have.token, given, have.inputs, have.name)
        assert not failures, failures
        request = pb.UpdateRequest(id=have.id, urn=urn(have.token, have.name), olds=values.encode(have.state), news=values.encode(inputs))
        answer = self.servicer.Update(request, Context())
        have.given, have.inputs, have.state = given, inputs, values.decode(answer.properties)

    def read(self, have: Resource) -> Any:
        """Refresh: give (id, state, inputs); the id is empty when it is gone."""
        request = pb.ReadRequest(
            id=have.id, urn=urn(have.token, have.name), properties=values.encode(have.state), inputs=values.encode(have.inputs)
        )
        answer = self.servicer.Read(request, Context())
        return answer.id, values.decode(answer.properties), values.decode(answer.inputs)

    def imported(self, token: str, id_: str) -> Any:
        """Read by id alone."""
        answer = self.servicer.Read(pb.ReadRequest(id=id_, urn=urn(token, "it")), Context())
        return answer.id, values.decode(answer.properties), values.decode(answer.inputs)

    def drift(self, have: Resource) -> dict[str, str]:
        """Refresh as the engine does and give the differences between the live resource and the inputs, by path."""
        id_, state, _ = self.read(have)
        assert id_, "it is gone"
        live = Resource(have.token, have.name, have.given, have.inputs, id_, state)
        return self.diff(live).detailed  # type: ignore[no-any-return]

    def heal(self, have: Resource) -> None:
        """Refresh and update back to the inputs."""
        have.id, have.state, _ = self.read(have)
        self.update(have, have.given)

    def delete(self, have: Resource) -> None:
        """Delete."""
        self.servicer.Delete(pb.DeleteRequest(id=have.id, urn=urn(have.token, have.name), properties=values.encode(have.state)), Context())

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a function; its refusals are raised."""
        answer = self.servicer.Invoke(pb.InvokeRequest(tok=token, args=values.encode(arguments)), Context())
        if answer.failures:
            raise RefusedError("; ".join(f"{each.property}: {each.reason}" for each in answer.failures))
        return values.decode(getattr(answer, "return"))


def urn(token: str, name: str) -> str:
    """Give a URN as the engine would."""
    return f"urn:pulumi:dev::shop::{token}::{name}"


def configured(arguments: dict[str, Any]) -> AwsServicer:
    """Give a servicer that has been configured."""
    servicer = AwsServicer()
    servicer.Configure(pb.ConfigureRequest(args=values.encode(arguments)), Context())
    return servicer


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """Give the URL of a moto server of this process, mended as the sandbox's is."""
    mend()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def plugin(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugin]:
    """Give a plugin configured from the environment, as in the sandbox; moto is emptied afterwards."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    yield Plugin(configured({"region": REGION}), endpoint)
    assert requests.post(f"{endpoint}/moto-api/reset", timeout=10).ok
