"""`make demo`: from a bare machine to a running dev environment, showing what can be shown while the rest is still being built.

This half runs with the bare system Python and makes what the other half, `tour`, needs: programs and virtual environment, side by side.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from sandbox import bootstrap
from sandbox.toolchain import layout, located, parts
from sandbox.toolchain.progress import span

_CHECKOUT = layout.checkout()
_POLL = 0.5
_RENDERED_LINES = 12
"""Lines of the rendered environment that are shown: enough to see what it is."""


def main() -> int:
    """Exit code 0 when the environment is up; otherwise that of the step which failed, its output right above."""
    begun = time.monotonic()
    log = layout.Layout.of(_CHECKOUT).log("toolchain")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        build = subprocess.Popen([sys.executable, "-m", "sandbox.toolchain", "build"], cwd=_CHECKOUT, stdout=output, stderr=output)
    try:
        return _steps(build, log, begun)
    except bootstrap.BootstrapError as error:
        _say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted: make demo goes on where this stopped; make clean-demo removes what runs")
        return 130
    finally:
        if build.poll() is None:
            build.terminate()
            build.wait()


def _steps(build: subprocess.Popen[bytes], log: Path, begun: float) -> int:
    bootstrap.ensure()
    _await_kustomize(build)
    for arguments in (("validate",), ("render", "dev")):
        code = _show(arguments)
        if code != 0:
            return code
    code = _await_build(build, log)
    if code != 0:
        return code
    tour = subprocess.run([str(bootstrap.VENV / "bin" / "python"), "-m", "sandbox.tour"], cwd=_CHECKOUT, check=False)
    if tour.returncode == 0:
        _say(f"all of it took {span(time.monotonic() - begun)}")
    return tour.returncode


def _await_kustomize(build: subprocess.Popen[bytes]) -> None:
    """The one program that validating and rendering need; it is built first."""
    (kustomize,) = parts.by_name(["kustomize"])
    tools = layout.Layout.of(_CHECKOUT)
    while isinstance(located.locate(kustomize, tools), located.Missing) and build.poll() is None:
        time.sleep(_POLL)


def _show(arguments: tuple[str, ...]) -> int:
    """Run a verb that needs neither cloud nor cluster and show the beginning of what it prints."""
    tools = layout.Layout.of(_CHECKOUT)
    _say(f"$ transom {' '.join(arguments)}")
    done = subprocess.run(
        [str(bootstrap.VENV / "bin" / "transom"), *arguments],
        cwd=_CHECKOUT,
        env=located.environment(tools),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    sys.stdout.write("".join(f"  {line}\n" for line in lines[:_RENDERED_LINES]))
    if len(lines) > _RENDERED_LINES:
        sys.stdout.write(f"  … {len(lines) - _RENDERED_LINES} more lines\n")
    sys.stdout.flush()
    return done.returncode


def _await_build(build: subprocess.Popen[bytes], log: Path) -> int:
    """Pass on what the builder says until it ends."""
    live = sys.stderr.isatty()
    begun, told = time.monotonic(), 0
    while True:
        ended = build.poll() is not None
        lines = log.read_text(encoding="utf-8").splitlines()
        if live and told < len(lines):
            sys.stderr.write("\r\x1b[K")
        for line in lines[told:]:
            _say(line)
        told = len(lines)
        if ended:
            return build.returncode
        if live:
            sys.stderr.write(f"\r\x1b[K… {span(time.monotonic() - begun)}")
            sys.stderr.flush()
        time.sleep(_POLL)


def _say(line: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
