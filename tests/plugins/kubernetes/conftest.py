"""A cluster to test against, the real engine with the plugin, and the plugin's own methods called without an engine.

The cluster is the sandbox of the run, or, to save its start, one that is already running: TRANSOM_TEST_KUBECONFIG names its kubeconfig.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto
from pulumi.runtime.proto import provider_pb2 as pb

from sandbox.layout import CHECKOUT
from sandbox.plugins import values
from sandbox.plugins.kubernetes.provider import Provider

_LAUNCHER = """#!/bin/sh
PYTHONPATH={checkout} exec {python} -m sandbox.plugins.kubernetes "$@"
"""


@dataclass(frozen=True)
class Ground:
    """A running cluster, and the variables by which the engine finds it, the plugin and `pulumi`."""

    environment: dict[str, str]

    def kubectl(self, *args: str, stdin: Any = None, check: bool = True) -> str:
        """Run kubectl and give what it printed; a document goes in as JSON."""
        text = None if stdin is None else json.dumps(stdin)
        env = {**os.environ, **self.environment}
        done = subprocess.run(["kubectl", *args], input=text, capture_output=True, text=True, timeout=120, check=False, env=env)
        if check and done.returncode != 0:
            pytest.fail(f"kubectl {' '.join(args)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def stack(self, folder: Path, program: Callable[[], None]) -> auto.Stack:
        """A stack of the program, with a backend of its own in the folder."""
        backend = {"PULUMI_BACKEND_URL": f"file://{folder}", "PULUMI_CONFIG_PASSPHRASE": "test"}
        options = auto.LocalWorkspaceOptions(env_vars={**self.environment, **backend})
        return auto.create_or_select_stack("s", "test", program, opts=options)


@pytest.fixture(scope="session")
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The cluster and the engine of these tests."""
    running = os.environ.get("TRANSOM_TEST_KUBECONFIG")
    found = _running(running, tmp_path_factory) if running else _of_sandbox(request.getfixturevalue("sandbox").environment)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", found.environment["PATH"])  # the Automation API looks for `pulumi` before it has a workspace
        yield found


def _of_sandbox(environment: dict[str, str]) -> Ground:
    # The sandbox's own stack file, backend and passphrase are those of its environments; each stack here has its own.
    wanted = ("PATH", "KUBECONFIG", "PULUMI_HOME", "PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION")
    return Ground({key: environment[key] for key in wanted if key in environment})


def _running(kubeconfig: str, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("programs")
    launcher = folder / "pulumi-resource-kubernetes"
    launcher.write_text(_LAUNCHER.format(checkout=CHECKOUT, python=sys.executable), encoding="utf-8")
    launcher.chmod(0o755)
    path = os.pathsep.join([str(folder), str(CHECKOUT / ".tools" / "bin"), os.environ["PATH"]])
    return Ground(
        {
            "PATH": path,
            "KUBECONFIG": kubeconfig,
            "PULUMI_HOME": str(tmp_path_factory.mktemp("home")),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
    )


@pytest.fixture
def namespace(ground: Ground) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    ground.kubectl("create", "namespace", name)
    yield name
    ground.kubectl("delete", "namespace", name, "--wait=false")


class RefusedError(Exception):
    """The plugin answered with an error; `detail` is the state of a resource that exists but is not ready."""

    detail: pb.ErrorResourceInitFailed | None = None


class Context:
    """What a gRPC call gives a servicer, as far as the plugin uses it."""

    def __init__(self) -> None:
        self.metadata: tuple[tuple[str, bytes], ...] = ()

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        """Take the status's details."""
        self.metadata = metadata

    def abort(self, _code: Any, message: str) -> None:
        """End the call."""
        from pulumi.runtime.proto import status_pb2

        error = RefusedError(message)
        status = status_pb2.Status.FromString(dict(self.metadata)["grpc-status-details-bin"])
        if status.details:
            error.detail = pb.ErrorResourceInitFailed()
            status.details[0].Unpack(error.detail)
        raise error


@dataclass
class Resource:
    """One resource in the hands of a test: what was checked, and what the state keeps."""

    token: str
    inputs: dict[str, Any]
    id: str = ""
    state: dict[str, Any] | None = None


class Plugin:
    """The plugin, configured, with the engine's side of the conversation."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        self.servicer = Provider()
        self.call("Configure", pb.ConfigureRequest(args=values.encode(arguments), acceptSecrets=True))

    def call(self, method: str, request: Any) -> Any:
        """Call a method as gRPC does."""
        return getattr(self.servicer, method)(request, Context())

    def check(self, token: str, given: dict[str, Any], old: dict[str, Any] | None = None, name: str = "r") -> Resource:
        """The inputs as the plugin keeps them."""
        request = pb.CheckRequest(urn=_urn(token, name), type=token, name=name, news=values.encode(given), randomSeed=b"seed")
        request.olds.CopyFrom(values.encode(old or {}))
        answer = self.call("Check", request)
        assert not answer.failures
        return Resource(token, values.decode(answer.inputs))

    def create(self, resource: Resource, *, preview: bool = False, timeout: float = 0) -> Resource:
        """Create it; its id and state are set."""
        request = pb.CreateRequest(urn=_urn(resource.token), type=resource.token, properties=values.encode(resource.inputs))
        request.preview, request.timeout = preview, timeout
        answer = self.call("Create", request)
        resource.id, resource.state = answer.id, values.decode(answer.properties)
        return resource

    def make(self, token: str, given: dict[str, Any]) -> Resource:
        """Check and create."""
        return self.create(self.check(token, given))

    def read(self, token: str, resource_id: str, resource: Resource | None = None) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """The id (empty when it is gone), the state and the inputs; without a resource as an import asks."""
        request = pb.ReadRequest(id=resource_id, urn=_urn(token), type=token)
        if resource is not None:
            request.inputs.CopyFrom(values.encode(resource.inputs))
            request.properties.CopyFrom(values.encode(resource.state or {}))
        answer = self.call("Read", request)
        return answer.id, values.decode(answer.properties), values.decode(answer.inputs)

    def diff(self, resource: Resource, new: Resource, ignored: tuple[str, ...] = ()) -> pb.DiffResponse:
        """What changes from the one to the other."""
        request = pb.DiffRequest(id=resource.id, urn=_urn(resource.token), type=resource.token, ignoreChanges=ignored)
        request.olds.CopyFrom(values.encode(resource.state or {}))
        request.news.CopyFrom(values.encode(new.inputs))
        return self.call("Diff", request)

    def update(self, resource: Resource, new: Resource, *, preview: bool = False, ignored: tuple[str, ...] = ()) -> Resource:
        """Update it; the state is the new one."""
        request = pb.UpdateRequest(id=resource.id, urn=_urn(resource.token), type=resource.token, preview=preview, ignoreChanges=ignored)
        request.olds.CopyFrom(values.encode(resource.state or {}))
        request.news.CopyFrom(values.encode(new.inputs))
        answer = self.call("Update", request)
        return Resource(resource.token, new.inputs, resource.id, values.decode(answer.properties))

    def delete(self, resource: Resource, *, timeout: float = 0) -> None:
        """Delete it."""
        request = pb.DeleteRequest(id=resource.id, urn=_urn(resource.token), type=resource.token, timeout=timeout)
        request.properties.CopyFrom(values.encode(resource.state or {}))
        self.call("Delete", request)


@pytest.fixture
def connect(ground: Ground) -> Callable[..., Plugin]:
    """A plugin for each set of provider arguments, connected to the cluster."""
    return lambda **arguments: Plugin({"kubeconfig": ground.environment["KUBECONFIG"], **arguments})


@pytest.fixture
def plugin(connect: Callable[..., Plugin]) -> Plugin:
    """The plugin with the provider arguments that components use."""
    return connect(enableConfigMapMutable="true", enableSecretMutable="true")


@pytest.fixture
def refused() -> type[RefusedError]:
    """What a refused call raises."""
    return RefusedError


def _urn(token: str, name: str = "r") -> str:
    return f"urn:pulumi:s::test::{token}::{name}"
