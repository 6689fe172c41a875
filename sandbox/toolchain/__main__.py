"""`python3 -m sandbox.toolchain [build|list] [PART…]`: build what is missing, or say where everything is."""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType

from sandbox.toolchain import builder, layout, located, parts
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.progress import Progress

_INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Exit code 0 when every part asked for is there, 1 when one cannot be had."""
    parser = argparse.ArgumentParser(prog="python3 -m sandbox.toolchain", description=__doc__)
    parser.add_argument("verb", nargs="?", choices=("build", "list"), default="build")
    parser.add_argument("part", nargs="*", help="names of parts; by default all that are not on demand")
    parser.add_argument("--all", action="store_true", help="also those that are built on demand only; not what is only measured against")
    asked = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        chosen = tuple(part for part in parts.PARTS if not part.measured) if asked.all else parts.by_name(asked.part)
        if asked.verb == "list":
            return _list(chosen)
        builder.build(chosen, builder.Site(layout.Layout.of(layout.checkout()), Progress()))
    except ToolchainError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: what was built before stays, nothing is half-made\n")
        return _INTERRUPTED
    return 0


def _list(chosen: tuple[parts.Part, ...]) -> int:
    code = 0
    for part in chosen:
        match located.locate(part, layout.Layout.of(layout.checkout())):
            case located.Found(path, version, origin):
                told = f"{version:<10} {origin:<6} {path}"
            case located.Missing(hint):
                told, code = f"missing    get it with: {hint}", 1
        sys.stdout.write(f"{part.name:<24} {told}\n")
    return code


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
