"""Names a new file in a kustomization's `resources`, and leaves every other sign of the file as it is."""

from __future__ import annotations

import yaml


class NotUnderstood(ValueError):  # noqa: N818 - a state; it becomes a message of the command line
    """The kustomization is not written in a way that can be added to; the message says what to do by hand."""


def with_resource(text: str, name: str) -> str:
    """The kustomization's text with `name` among its resources, comments, order and quoting kept; unchanged when it is there.

    Raises:
        NotUnderstood: the text is no mapping, or its resources are no list.
    """
    by_hand = f"add {name} to its resources by hand"
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise NotUnderstood(f"is not valid YAML: {by_hand}") from error
    if node is None:
        return f"{text}{_end(text)}resources:\n  - {name}\n"
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        raise NotUnderstood(f"is not written as a block: {by_hand}")
    resources = next((value for key, value in node.value if getattr(key, "value", None) == "resources"), None)
    if resources is None:
        return f"{text}{_end(text)}resources:\n  - {name}\n"
    if isinstance(resources, yaml.ScalarNode) and resources.value in ("", "null", "~"):
        at = resources.end_mark.index
        return (
            f"{text[:at].rstrip(' ')} [{name}]{text[at:]}"
            if not resources.value
            else f"{text[: resources.start_mark.index]}[{name}]{text[at:]}"
        )
    if not isinstance(resources, yaml.SequenceNode):
        raise NotUnderstood(f"has resources that are no list: {by_hand}")
    if any(getattr(item, "value", None) == name for item in resources.value):
        return text
    return _in_flow(text, resources, name) if resources.flow_style else _in_block(text, resources, name)


def _end(text: str) -> str:
    return "" if not text or text.endswith("\n") else "\n"


def _in_flow(text: str, resources: yaml.SequenceNode, name: str) -> str:
    """`[a, b]`: before the bracket, behind what stands last."""
    if resources.value:
        last = resources.value[-1].end_mark.index
        return f"{text[:last]}, {name}{text[last:]}"
    bracket = resources.end_mark.index - 1
    return f"{text[:bracket]}{name}{text[bracket:]}"


def _in_block(text: str, resources: yaml.SequenceNode, name: str) -> str:
    """A line of its own below the last item, indented as that is."""
    lines = text.splitlines(keepends=True)
    last = resources.value[-1].end_mark
    row = last.line if last.column else last.line - 1
    lines[row] += _end(lines[row])
    return "".join([*lines[: row + 1], f"{' ' * resources.start_mark.column}- {name}\n", *lines[row + 1 :]])
