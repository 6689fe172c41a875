"""One change as a part of a comment: its line, and its diff. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from transom.changes import Change, DiffKind, Operation, PropertyChange
from transom.review import interruptions, markdown
from transom.review.values import show

GONE = (Operation.DELETE, Operation.FORGET)
LOSING = (Operation.REPLACE, *GONE)
"""Operations after which something is not there any more."""

_PROPERTIES = 40
"""Properties of one change that are shown."""
_WIDTH = 200
"""Characters of one value that are shown."""
_VERBS = {
    Operation.DELETE: "delete",
    Operation.REPLACE: "replace",
    Operation.FORGET: "forget (stays alive)",
    Operation.UPDATE: "update",
    Operation.IMPORT: "import",
    Operation.CREATE: "create",
    Operation.READ: "read",
    Operation.SAME: "leave",
}
_RANK = {operation: rank for rank, operation in enumerate(_VERBS)}


@dataclass(frozen=True, slots=True)
class Links:
    """Where places in files lead to.

    Attributes:
        base: address of the files at the change's commit, e.g. `https://github.com/o/r/blob/COMMIT`; no links when empty.
        line: how a line is named behind the file, e.g. `#L`.
    """

    base: str = ""
    line: str = "#L"

    def to(self, path: str, line: int | str) -> str:
        """The address of a line; empty where there is none: a path with a colon lies in another repository."""
        if not self.base or not path or ":" in path or path.startswith(("/", "..")):
            return ""
        return f"{self.base}/{markdown.path(path)}{self.line}{line}"


@dataclass(frozen=True, slots=True)
class Part:
    """One change in a comment."""

    line: str
    diff: str = ""
    """A whole fenced block, indented into the list; empty where there is nothing to show."""

    @property
    def short(self) -> int:
        """Characters of the line alone."""
        return len(self.line) + 1

    @property
    def whole(self) -> int:
        """Characters of line and diff."""
        return self.short + (len(self.diff) + 3 if self.diff else 0)

    def without_diff(self) -> Part:
        """The line alone."""
        return replace(self, diff="")

    def lines(self) -> Iterator[str]:
        """As Markdown."""
        yield self.line
        if self.diff:
            yield from ("", self.diff, "")


def of(change: Change, links: Links) -> Part:
    """The part of a comment that tells of this change."""
    path, line = place(change.location)
    document = f" of {markdown.link(change.document, links.to(path, line))}" if change.document else ""
    where = f" ({markdown.code(f'{path}:{line}')})" if path and not links.to(path, line) else ""
    notes = [word for word, there in (("protected", change.protected), ("**refused**", change.failed)) if there]
    said = f" ({', '.join(notes)})" if notes else ""
    head = f"- {_VERBS[change.operation]} {markdown.code(change.type)} {markdown.code(change.name)}{document}{where}{said}"
    body = [*(line for one in change.properties[:_PROPERTIES] for line in _property(one))]
    if len(change.properties) > _PROPERTIES:
        body.append(f"# … {len(change.properties) - _PROPERTIES} more properties")
    body += [f"! {line}" for line in interruptions.told(change)]
    body += [f"! {line}" for message in change.messages for line in message.splitlines() if line.strip()]
    diff = "\n".join(f"  {line}" for line in markdown.fence(body, "diff").splitlines()) if body else ""
    return Part(head, diff)


def is_open(change: Change) -> bool:
    """Whether a change is shown without being unfolded: it loses something, interrupts, or is refused."""
    return change.operation in LOSING or change.failed or interrupts(change)


def interrupts(change: Change) -> bool:
    """Whether something is not there for a while."""
    return bool(interruptions.of(change))


def owner(change: Change) -> str:
    """Under what a change is folded: its application, else its document."""
    return f"Application/{change.application}" if change.application else change.document


def is_policy(rule: str) -> bool:
    """Whether a refusal is a policy pack's, which are named `pack/policy`, and not a guard's."""
    return "/" in rule


def rank(change: Change) -> tuple[int, str, str, str]:
    """The order in which changes are told: what is lost first."""
    return _RANK[change.operation], change.document, change.type, change.name


def tally(changes: Sequence[Change]) -> str:
    """`2 to update, 1 to create`."""
    counts = {operation: sum(change.operation is operation for change in changes) for operation in _VERBS}
    return ", ".join(f"{count} to {_VERBS[operation]}" for operation, count in counts.items() if count)


def place(location: str) -> tuple[str, str]:
    """Path and line of `path:line:column`."""
    path, _, line = location.rpartition(":")[0].rpartition(":")
    return path, line


def _property(one: PropertyChange) -> Iterator[str]:
    note = "  # forces replacement" if one.forces_replacement else ""
    if one.kind is not DiffKind.ADD:
        yield f"- {one.path}: {show(one.before, _WIDTH)}{note}"
    if one.kind is not DiffKind.DELETE:
        yield f"+ {one.path}: {show(one.after, _WIDTH)}{note if one.kind is DiffKind.ADD else ''}"
