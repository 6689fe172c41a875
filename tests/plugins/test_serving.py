"""The life of a plugin's process, and how its exceptions reach the engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import grpc
import psutil
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc, status_pb2

from sandbox.layout import CHECKOUT

PROGRAM = """
from sandbox.plugins import serving

class Plugin(serving.Servicer):
    @serving.answering
    def Create(self, request):
        raise serving.InitFailed("not ready", "an-id", {"a": 1}, reasons=("first", "second"))

    @serving.answering
    def Read(self, request):
        raise serving.PluginError("no such thing")

    @serving.answering
    def Delete(self, request):
        return {"hush": 1}["secret"]

serving.serve(Plugin("pulumi-kubernetes"))
"""


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """A served plugin."""
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env=env) as started:
        yield started
        started.kill()


@pytest.fixture
def stub(process: subprocess.Popen[str]) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """The engine's side of it."""
    assert process.stdout is not None
    with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)


def test_answers(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    """The port comes first on stdout; version and handshake are the SDK's; provider arguments are kept and compared."""
    from importlib import metadata

    assert stub.Handshake(pb.ProviderHandshakeRequest(engine_address="127.0.0.1:1")).accept_secrets
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == metadata.version("pulumi-kubernetes")
    assert stub.DiffConfig(pb.DiffRequest()).changes == pb.DiffResponse.DIFF_NONE
    stub.Cancel(empty_pb2.Empty())


def test_a_resource_that_is_not_ready_keeps_its_state(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    """InitFailed carries id, state and reasons to the engine, which records the resource."""
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(pb.CreateRequest())
    status = status_pb2.Status.FromString(dict(caught.value.trailing_metadata())["grpc-status-details-bin"])
    detail = pb.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons), detail.properties["a"]) == ("an-id", ["first", "second"], 1)


def test_errors_reach_the_user_and_defects_are_told_apart(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    """A plugin's own error is told as it is; any other as a defect with its place and without its arguments."""
    with pytest.raises(grpc.RpcError) as caught:
        stub.Read(pb.ReadRequest())
    assert caught.value.details() == "no such thing"
    with pytest.raises(grpc.RpcError) as caught:
        stub.Delete(pb.DeleteRequest())
    assert "KeyError in Delete" in caught.value.details()
    assert "secret" not in caught.value.details()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_engine_ends_a_plugin_with_a_signal(process: subprocess.Popen[str], number: int, stub: object) -> None:
    """A plugin that is asked to end ends well."""
    assert stub
    process.send_signal(number)
    assert process.wait(timeout=30) == 0


def test_a_plugin_does_not_outlive_its_engine() -> None:
    """When the engine is killed, the plugin notices and ends."""
    parent = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdout=2).pid, flush=True); input()"
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-c", parent, PROGRAM]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=env, **pipes) as engine:
        assert engine.stdout is not None
        assert engine.stderr is not None
        child = psutil.Process(int(engine.stdout.readline()))
        engine.stderr.readline()  # the port: the plugin serves
        engine.kill()
        child.wait(timeout=30)
