"""Changes of a YAML file's text: the value is another one, and every other sign of the file stays as it is. Pure."""

from __future__ import annotations

from typing import Any

import yaml

from transom.promotion.lacks import Image, Value


class NotUnderstood(ValueError):  # noqa: N818 - a state; it becomes a message of the command line
    """The file is not written in a way that can be changed; the message says what to do by hand."""


def value(text: str, edit: Value) -> str:
    """The text with the scalar at the edit's place changed; its quotes stay.

    Raises:
        NotUnderstood: something else stands there.
    """
    for root in _roots(text):
        node = _scalar_at(root, edit.line - 1, edit.column - 1)
        if node is not None and node.value == edit.old:
            return _replaced(text, node, edit.new)
    raise NotUnderstood(f"{edit.path}:{edit.line}:{edit.column} does not read {edit.old}: write {edit.new} by hand")


def image(text: str, edit: Image) -> str:
    """A kustomization's text in which `images` gives the image its tag or digest.

    Raises:
        NotUnderstood: the text is no kustomization, or its images are no list.
    """
    by_hand = f"{edit.path} is not written as a block: write {edit.name} {edit.tag or edit.digest} into its images by hand"
    roots = list(_roots(text))
    root = roots[0] if roots else None
    if len(roots) > 1 or not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise NotUnderstood(by_hand)
    images = _child(root, "images")
    key, version = ("digest", edit.digest) if edit.digest else ("newTag", edit.tag)
    if images is None:
        end = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{end}images:\n  - name: {edit.name}\n    {key}: {_quoted(version)}\n"
    if not isinstance(images, yaml.SequenceNode) or not images.value:
        raise NotUnderstood(by_hand)
    for entry in images.value:
        if isinstance(entry, yaml.MappingNode) and edit.name == _text(_child(entry, "newName") or _child(entry, "name")):
            return _entry(text, entry, key, version)
    if images.flow_style:
        last = images.value[-1].end_mark.index
        return f"{text[:last]}, {{name: {edit.name}, {key}: {_quoted(version)}}}{text[last:]}"
    lines = text.splitlines(keepends=True)
    last = images.value[-1].end_mark
    row = last.line if last.column else last.line - 1
    while row > 0 and (not lines[row].strip() or lines[row].lstrip().startswith("#")):
        row -= 1
    lines[row] += "" if lines[row].endswith("\n") else "\n"
    dash = " " * images.start_mark.column
    return "".join([*lines[: row + 1], f"{dash}- name: {edit.name}\n{dash}  {key}: {_quoted(version)}\n", *lines[row + 1 :]])


def _entry(text: str, entry: yaml.MappingNode, key: str, version: str) -> str:
    """An entry that is there: its tag or digest changed; one instead of the other; or added, where it had neither."""
    for name, node in entry.value:
        if name.value == key:
            return _replaced(text, node, version)
    for name, node in entry.value:
        if name.value in ("newTag", "digest"):
            return f"{text[: name.start_mark.index]}{key}: {_quoted(version)}{text[node.end_mark.index :]}"
    name, node = entry.value[-1]
    at = node.end_mark.index
    if entry.flow_style:
        return f"{text[:at]}, {key}: {_quoted(version)}{text[at:]}"
    return f"{text[:at]}\n{' ' * name.start_mark.column}{key}: {_quoted(version)}{text[at:]}"


def _replaced(text: str, node: yaml.ScalarNode, new: str) -> str:
    quote = node.style if node.style in ("'", '"') else ""
    written = f"{quote}{new}{quote}" if quote else _quoted(new)
    return f"{text[: node.start_mark.index]}{written}{text[node.end_mark.index :]}"


def _quoted(new: str) -> str:
    """As it has to be written to be read as text: quoted where it would be a number, a date or a switch."""
    try:
        plain = yaml.safe_load(new)
    except yaml.YAMLError:
        plain = None
    return new if plain == new and isinstance(plain, str) else f'"{new}"'


def _roots(text: str) -> list[yaml.Node]:
    try:
        return [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]
    except yaml.YAMLError as error:
        raise NotUnderstood("the file is not valid YAML") from error


def _scalar_at(node: yaml.Node, line: int, column: int) -> yaml.ScalarNode | None:
    waiting: list[Any] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, yaml.ScalarNode) and (one.start_mark.line, one.start_mark.column) == (line, column):
            return one
        if isinstance(one, yaml.MappingNode):
            waiting += [inner for pair in one.value for inner in pair]
        elif isinstance(one, yaml.SequenceNode):
            waiting += one.value
    return None


def _child(node: yaml.MappingNode, key: str) -> yaml.Node | None:
    return next((inner for name, inner in node.value if name.value == key), None)


def _text(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""
