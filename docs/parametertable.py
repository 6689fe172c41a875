"""Tables of the parameters that a Database may set, from the same table that documents are held against."""

from __future__ import annotations

from transom.specs.engines import ENGINES
from transom.specs.parameters import PARAMETERS, Parameter


def table(engine: str) -> str:
    """The parameters of one engine as a Markdown table."""
    lines = ["| parameter | value | waits for a restart |", "|---|---|---|"]
    lines += [f"| `{name}` | {_value(one)} | {'yes' if one.static else ''} |" for name, one in sorted(PARAMETERS[engine].items())]
    return "\n".join(lines) + "\n"


def engines() -> str:
    """What is particular to each engine as a Markdown table."""
    lines = ["| `engine` | versions | port | address | refuses connections without TLS | logs |", "|---|---|---|---|---|---|"]
    for name, engine in ENGINES.items():
        versions = ", ".join(".".join(map(str, line)) for line in engine.lines)
        logs = ", ".join(f"**{log}**" if index < engine.sent else log for index, log in enumerate(engine.logs))
        lines.append(f"| `{name}` | {versions} | {engine.port} | `{engine.scheme}://…?{engine.demand}` | `{engine.tls}` | {logs} |")
    return "\n".join(lines) + "\n"


def _value(one: Parameter) -> str:
    match one.kind:
        case "switch":
            return "true or false"
        case "word":
            return " or ".join(f"`{word}`" for word in one.words)
        case "text":
            return "text"
        case _:
            return f"{'whole number' if one.kind == 'whole' else 'number'}, {one.low:.10g} to {one.high:.10g}"
