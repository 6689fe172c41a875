"""The Python language host: runs a project's `__main__.py` for the engine, where the real `pulumi-language-python` is not installed.

The engine starts it, reads a port from the first line of standard output and calls the LanguageRuntime service on it. The program runs in
this process, unless the project names another virtual environment than ours: then a second host is started there and the call handed on.
The service is the engine's: https://github.com/pulumi/pulumi/blob/master/proto/pulumi/language.proto
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import logging
import os
import queue
import runpy
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent import futures
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

if TYPE_CHECKING:
    from types import TracebackType

MESSAGE_LIMIT = 400 * 1024 * 1024
"""Bytes in one gRPC message: the engine's own limit."""
_OPTIONS = (("grpc.max_receive_message_length", MESSAGE_LIMIT), ("grpc.max_send_message_length", MESSAGE_LIMIT))
_PATIENCE = 5.0
"""Seconds for a second host to end by itself."""
_PIECE = 65536
"""Bytes of a plugin's output that are handed on at once."""
_WORKERS_PER_SLOT = 4
"""Threads for each parallel resource operation: the figure of the SDK's own language server."""


def describe(error: BaseException, program: Path) -> str:
    """What the engine shows for an exception that left the program.

    A Transom error is its plain message: it says what, where and what to do, and frames would hide it. So is Pulumi's own `RunError`.
    Anything else is a defect of the program and keeps its full traceback, from the first frame of the user's own files on.
    """
    from pulumi.errors import RunError

    if isinstance(error, RunError) or _is_told(error):
        return str(error)
    if isinstance(error, SystemExit):
        return f"Program exited with status {error.code}"
    if isinstance(error, grpc.RpcError):
        return f"RPC error: {_details(error)}"
    frames = _user_frames(error.__traceback__, program)
    if frames is None and type(error) is Exception:
        return str(error)  # the SDK's own word that the engine refused a call: its frames are not the user's
    return (
        "Program failed with an unhandled exception:\n"
        + "".join(traceback.format_exception(type(error), error, frames or error.__traceback__)).rstrip()
    )


def required_packages() -> Iterator[language_pb2.GetRequiredPackagesResponse]:
    """Name, version and server of each provider plugin that an installed package says it needs (its `pulumi-plugin.json`)."""
    for file in sorted(Path(sysconfig.get_path("purelib")).glob("*/pulumi-plugin.json")):
        wanted = json.loads(file.read_text(encoding="utf-8"))
        if wanted.get("resource"):
            package = file.parent.name
            version = wanted.get("version") or metadata.version(package)
            yield _dependency(wanted.get("name") or package.removeprefix("pulumi_"), version, wanted.get("server", ""))


def python_of(info: Any) -> Path | None:
    """The interpreter of the virtual environment that the project's runtime options name; None where they name none or ours.

    Raises FileNotFoundError when the named environment does not exist.
    """
    name = info.options.fields["virtualenv"].string_value if "virtualenv" in info.options.fields else ""
    if not name:
        return None
    folder = Path(info.root_directory or ".", name)
    interpreter = folder / "bin" / "python"
    if not interpreter.exists():
        raise FileNotFoundError(
            f"the project's virtual environment {folder} does not exist: create it, or change runtime.options.virtualenv"
        )
    return None if folder.resolve() == Path(sys.prefix).resolve() else interpreter


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """One engine's language runtime: lives as long as one command of the engine."""

    def __init__(self, engine_address: str) -> None:
        self._engine_address = engine_address

    def Handshake(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Nothing to agree on: directories come again with each call."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Our version is the SDK's: the program runs on it."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def About(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """For `pulumi about`: the interpreter and its version."""
        return language_pb2.AboutResponse(executable=sys.executable, version=".".join(map(str, sys.version_info[:3])))

    def GetRequiredPackages(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """The provider plugins the installed packages ask for, so that the engine gets them before the program runs."""
        return language_pb2.GetRequiredPackagesResponse(packages=list(required_packages()))

    def GetRequiredPlugins(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """The older name of GetRequiredPackages; the engine asks for packages first."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetProgramDependencies(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """For `pulumi about`: every installed distribution."""
        found = sorted({(item.name, item.version) for item in metadata.distributions()})
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        )

    def InstallDependencies(self, _request: Any, _context: Any) -> Iterator[Any]:  # noqa: N802 - gRPC's name
        """The virtual environment is made by `make`; say so rather than change it."""
        note = "Nothing to install: `make .venv` keeps the virtual environment as requirements.lock says.\n"
        yield language_pb2.InstallDependenciesResponse(stdout=note.encode())

    def RuntimeOptionsPrompts(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """No question to ask when a project is made."""
        return language_pb2.RuntimeOptionsResponse()

    def RunPlugin(self, request: Any, _context: Any) -> Iterator[Any]:  # noqa: N802 - gRPC's name
        """Run a policy pack, as the real host does: `python -m pulumi.policy ENGINE PACK` in the pack's own virtual environment."""
        if request.kind != "analyzer":
            yield language_pb2.RunPluginResponse(stderr=b"this language host runs policy packs only\n")
            yield language_pb2.RunPluginResponse(exitcode=1)
            return
        try:
            interpreter = python_of(request.info) or Path(sys.executable)
        except FileNotFoundError as error:
            yield language_pb2.RunPluginResponse(stderr=f"{error}\n".encode())
            yield language_pb2.RunPluginResponse(exitcode=1)
            return
        command = [str(interpreter), "-u", "-m", "pulumi.policy", *request.args, request.info.program_directory]
        yield from _streamed(command, request.pwd, dict(one.partition("=")[::2] for one in request.env))

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """The engine closes the process itself; a cancelled program ends when its monitor goes away."""
        return empty_pb2.Empty()

    def Run(self, request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Run the program once. A failure was already shown when this answers `bail`."""
        try:
            interpreter = python_of(request.info)
        except FileNotFoundError as error:
            return language_pb2.RunResponse(error=str(error))
        if interpreter is not None:
            return _run_elsewhere(interpreter, self._engine_address, request)
        return contextvars.copy_context().run(_run_here, self._engine_address, request)


def serve(engine_address: str) -> None:
    """Serve until the engine closes us: port first on standard output, as the engine's plugin protocol has it."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(engine_address), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # The engine runs each plugin in a process group of its own and closes it with SIGINT, then waits ten seconds and kills. So SIGINT means
    # "end now", never the user's Ctrl-C: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/util/cmdutil/term.go
    closing = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: closing.set())
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    closing.wait()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads of a program that never ends must not keep the process


def main() -> None:
    """Entry of the launcher `pulumi-language-python`; the engine's address is the last argument."""
    serve(sys.argv[-1] if len(sys.argv) > 1 else "")


def _run_here(engine_address: str, request: Any) -> Any:
    """The program's run in this process, from its first line to the last registered resource."""
    from pulumi import log
    from pulumi.runtime import reset_options, run_in_stack, set_all_config

    # The SDK leaves faulted tasks behind when a program fails; the failure itself is told below.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    reset_options(
        project=request.project,
        stack=request.stack,
        organization=request.organization or "organization",
        monitor_address=request.monitor_address,
        engine_address=engine_address,
        parallel=request.parallel,
        preview=request.dryRun,
    )
    if request.config:
        set_all_config(request.config, list(request.configSecretKeys) or None)
    program = Path(request.info.program_directory or request.pwd or ".", request.info.entry_point or request.program or ".")
    loop = asyncio.new_event_loop()
    loop.set_default_executor(futures.ThreadPoolExecutor(max_workers=max(request.parallel, 1) * _WORKERS_PER_SLOT))
    loop.set_exception_handler(_on_loop_error)
    try:
        loop.run_until_complete(run_in_stack(lambda: _execute(program, request.pwd)))
    except BaseException as error:  # noqa: BLE001 - whatever a user's program raises, SystemExit too, must reach the user and not this server
        if _engine_gone(error):
            return language_pb2.RunResponse()
        log.error(describe(error, program))
        return language_pb2.RunResponse(bail=True)
    finally:
        _close(loop)
        sys.stdout.flush()
        sys.stderr.flush()
    return language_pb2.RunResponse()


def _execute(program: Path, folder: str) -> None:
    """Run the program as `python __main__.py` would: its folder first on the path for as long as the process lives.

    `runpy.run_path` takes the folder away when the main module ends, but callbacks of outputs run after that and import too.
    """
    if folder:
        os.chdir(folder)
    home = program if program.is_dir() else program.parent
    main_module = program / "__main__.py" if program.is_dir() else program
    sys.path.insert(0, str(home.resolve()))
    sys.argv = [str(main_module)]
    runpy.run_path(str(main_module), run_name="__main__")


def _run_elsewhere(interpreter: Path, engine_address: str, request: Any) -> Any:
    """Hand the run to a host of our own kind in the project's virtual environment."""
    command = [str(interpreter), "-P", str(Path(__file__).resolve()), engine_address]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said = child.stdout
    port = (said.readline() if said else "").strip()
    if said is None or not port.isdigit():
        _end(child)
        return language_pb2.RunResponse(error=f"{interpreter} could not start a language host: is the package `pulumi` installed there?")
    # What the program prints goes where ours would: the engine shows a language host's output.
    relay = threading.Thread(target=shutil.copyfileobj, args=(said, sys.stdout), daemon=True)
    relay.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=_OPTIONS) as channel:
            request.info.options.fields.pop("virtualenv", None)
            return language_pb2_grpc.LanguageRuntimeStub(channel).Run(request)
    finally:
        _end(child)
        # Bounded, and the pipe is left open: something the program started may hold its other end for as long as it likes.
        relay.join(_PATIENCE)
        sys.stdout.flush()


def _streamed(command: list[str], folder: str, variables: dict[str, str]) -> Iterator[Any]:
    """What a program writes, as it writes it, and how it ends. It ends with whoever listens, for the engine closes a plugin so."""
    child = subprocess.Popen(
        command, cwd=folder or None, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    said: queue.Queue[Any] = queue.Queue()

    def listen(stream: IO[bytes], answer: Callable[[bytes], Any]) -> None:
        while piece := stream.read(_PIECE):
            said.put(answer(piece))
        said.put(None)

    try:
        for stream, answer in (
            (child.stdout, lambda piece: language_pb2.RunPluginResponse(stdout=piece)),
            (child.stderr, lambda piece: language_pb2.RunPluginResponse(stderr=piece)),
        ):
            threading.Thread(target=listen, args=(stream, answer), daemon=True).start()
        for _ in range(2):
            yield from iter(said.get, None)
        yield language_pb2.RunPluginResponse(exitcode=child.wait())
    finally:
        child.terminate()


def _end(child: subprocess.Popen[str]) -> None:
    child.terminate()
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """End what a failed program left running, so that nothing is reported as destroyed while pending."""
    for task in asyncio.all_tasks(loop):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            loop.run_until_complete(task)
    loop.close()


def _on_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if isinstance(context.get("exception"), grpc.RpcError):
        loop.stop()
        return
    loop.default_exception_handler(context)


def _is_told(error: BaseException) -> bool:
    """Whether the error is one of Transom's, which carry what to do. By class name: a project without Transom must not need it to run."""
    return any(f"{kind.__module__}.{kind.__qualname__}" == "transom.errors.TransomError" for kind in type(error).__mro__)


def _engine_gone(error: BaseException) -> bool:
    return isinstance(error, grpc.RpcError) and getattr(error, "code", lambda: None)() == grpc.StatusCode.UNAVAILABLE


def _details(error: grpc.RpcError) -> str:
    return str(getattr(error, "details", lambda: error)())


def _user_frames(start: TracebackType | None, program: Path) -> TracebackType | None:
    """The traceback from the first frame in the program's own folder on; None where it has none."""
    home = (program if program.is_dir() else program.parent).resolve()
    # The virtual environment often lies in the project's folder, and so may this file.
    others = (Path(sys.prefix).resolve(), Path(__file__).resolve())
    frame = start
    while frame is not None:
        file = Path(frame.tb_frame.f_code.co_filename).resolve()
        if file.is_relative_to(home) and not any(file.is_relative_to(other) for other in others):
            return frame
        frame = frame.tb_next
    return None


def _dependency(name: str, version: str, server: str) -> Any:
    return plugin_pb2.PackageDependency(name=name, kind="resource", version=f"v{version.removeprefix('v')}", server=server)


if __name__ == "__main__":
    main()
