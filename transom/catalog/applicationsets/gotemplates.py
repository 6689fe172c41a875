"""Go templates, filled in by Go itself: one process for all of a catalog's templates, started only when a document asks for them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from transom.catalog.applicationsets.elements import Params
from transom.catalog.applicationsets.placeholders import Fault
from transom.errors import ToolMissing

PROGRAM = "transom-templates"
_SECONDS = 20.0
"""That one request may take: a template that counts to a billion is stopped."""


@dataclass(slots=True)
class Program:
    """The program that fills in Go templates; a context manager, since it runs until it is left.

    Attributes:
        path: where it is, or its name on PATH.
    """

    path: str = PROGRAM
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is None:
            return
        try:
            self._process.communicate(timeout=_SECONDS)  # closes its input, which ends it
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.communicate()
        self._process = None

    def ask(self, request: Mapping[str, object]) -> list[dict[str, str]] | None:
        """The results of a request; None when it took too long, or ended the program.

        Raises:
            ToolMissing: there is no such program.
        """
        process = self._started()
        watch = threading.Timer(_SECONDS, process.kill)
        watch.start()
        try:
            if process.stdin is None or process.stdout is None:
                return None
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = b""
        finally:
            watch.cancel()
        if not line:
            self._process = None
            process.kill()
            process.communicate()
            return None
        results: list[dict[str, str]] = json.loads(line)["results"]
        return results

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            try:
                program = shutil.which(self.path) or self.path
                self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            except FileNotFoundError:
                hint = "make toolchain builds it, and transom doctor says where it is; without goTemplate: true it is not needed"
                raise ToolMissing(f"{PROGRAM} is not on this machine, and Go templates need it", hint=hint) from None
        return self._process


@dataclass(frozen=True, slots=True)
class GoTemplates:
    """The filler for Go templates with one of the options of goTemplateOptions."""

    program: Program
    option: str

    def fill(self, jobs: Sequence[tuple[str, Params]]) -> list[str | Fault]:
        """Each text as its template comes to, or what Go says is wrong with it."""
        templates = {text: index for index, text in enumerate(dict.fromkeys(text for text, _ in jobs))}
        params = {id(values): values for _, values in jobs}
        places = {known: index for index, known in enumerate(params)}
        request = {
            "option": self.option,
            "templates": list(templates),
            "params": list(params.values()),
            "jobs": [[templates[text], places[id(values)]] for text, values in jobs],
        }
        results = self.program.ask(request)
        if results is None:
            said = f"takes longer than {_SECONDS:.0f} seconds to fill in, or too much memory"
            return [Fault(said, "count less far", reason="InvalidTemplate")] * len(jobs)
        return [
            result.get("text", "") if "error" not in result else _fault(result["error"], text)
            for result, (text, _) in zip(results, jobs, strict=True)
        ]


_MISSING = re.compile(r'at <(?P<where>.*?)>: map has no entry for key "(?P<key>[^"]*)"')
_UNKNOWN_FUNCTION = re.compile(r'function "(?P<name>[^"]+)" not defined')
_HEAD = re.compile(r'^template: t:(?P<line>\d+)(:\d+)?: (executing "t" at )?')
_UNREPEATABLE = re.compile(r"^(now|ago|date|rand|shuffle|uuid|gen[A-Z]|env|expandenv|getHostByName|bcrypt|htpasswd|.*[dD]ate)")


def _fault(said: str, text: str) -> Fault:
    """Go's words as a fault."""
    if found := _MISSING.search(said):
        hint = 'write a parameter that there is, or dig "NAME" "DEFAULT" . where it may be missing'
        return Fault(f'{found["where"]} needs a parameter "{found["key"]}"', hint, reason="UnknownParameter")
    if found := _UNKNOWN_FUNCTION.search(said):
        name = found["name"]
        hint = "functions are those of Go's text/template and Sprig, normalize, slugify, toYaml, fromYaml and fromYamlArray"
        if _UNREPEATABLE.match(name):
            hint = "it would give something else in every run, or on another machine; write the value, or take a parameter"
        elif re.search(rf"\{{\{{-?\s*{re.escape(name)}\b", text):
            hint = f"a parameter is written .{name}; {hint}"
        return Fault(f"there is no function {name}", hint, reason="InvalidTemplate")
    head = _HEAD.match(said)
    line = f"in line {head['line']} " if head and head["line"] != "1" else ""
    return Fault(f"cannot be filled in: {line}{_HEAD.sub('', said)}", "see pkg.go.dev/text/template", reason="InvalidTemplate")
