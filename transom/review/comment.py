"""The one comment on a pull request: for all environments what this change does, what is lost first. Pure.

A table, then what deletes, replaces or interrupts, open; everything else folded, by application. What does not fit into the host's limit is
left out in whole diffs, then in whole lines, and counted; markup is never cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from transom.changes import Change, ChangeSet, Operation
from transom.review import markdown, parts
from transom.review.parts import Links, Part
from transom.review.pullrequest import EnvironmentReview, Mistake, PullRequestReview, Refused

GITHUB_LIMIT = 65_536
"""Characters of a comment on GitHub; a longer one is refused with 422."""
GITLAB_LIMIT = 1_000_000
"""Characters of a note on GitLab (docs.gitlab.com: instance limits, size of comments)."""

_MISTAKES = 30
"""Mistakes that are told one by one."""
_REFUSALS = 20
"""Refusals of one environment that are told one by one."""
_LONGEST = 600
"""Characters of one message; an error of the engine may be a page."""
_NAME = "transom"
_SHORT = 12


@dataclass(frozen=True, slots=True)
class Frame:
    """What is around the content.

    Attributes:
        marker: by which the comment is found again: one for each repository, pull request and name.
        links: where places in files lead to.
        limit: characters.
    """

    marker: str
    links: Links = field(default_factory=Links)
    limit: int = GITHUB_LIMIT


def marker(name: str = "default") -> str:
    """The hidden line by which a comment is found again, e.g. `<!-- transom: default -->`; the heading may be anything."""
    return f"<!-- {_NAME}: {'-'.join(part for part in name.replace('>', '').split('-') if part).strip()} -->"


def comment(review: PullRequestReview, frame: Frame) -> str:
    """The comment as Markdown, at most `frame.limit` characters, ended by a line end."""
    head = [frame.marker, f"### {_title(review)}", "", *_table(review), *_mistakes(review.mistakes, frame.links)]
    tail = [*_tail(review)]
    groups = [group for environment in review.environments for group in _groups(environment, frame.links)]
    before = {one.environment: list(_before(one, frame.links)) for one in review.environments}
    after = {one.environment: list(_after(one)) for one in review.environments}
    fixed = [*head, *tail, *(line for lines in (*before.values(), *after.values()) for line in lines)]
    spare = len(_LEFT_OUT) + 40
    budget = frame.limit - sum(len(line) + 1 for line in fixed) - spare - 8 * len(review.environments)
    chosen = _chosen(groups, budget)
    body: list[str] = []
    for one in review.environments:
        mine = [group for group in chosen if group.environment == one.environment]
        lines = [*before[one.environment], *(line for group in mine for line in group.lines()), *after[one.environment]]
        body += ["", *lines] if lines else []
    told = sum(len(group.parts) for group in chosen)
    diffs = sum(part.diff != "" for group in chosen for part in group.parts)
    missing = sum(len(group.parts) for group in groups) - told
    undiffed = sum(part.diff != "" for group in groups for part in group.parts) - diffs - _lost_diffs(groups, chosen)
    left = [_left_out(missing, undiffed)] if missing or undiffed else []
    return "\n".join(_spaced([*head, *body, *left, *tail])) + "\n"


def _spaced(lines: Sequence[str]) -> Iterator[str]:
    """One empty line where there are several; fences are lines by themselves, and stay as they are."""
    for before, line in zip(("", *lines), lines, strict=False):
        if line or before:
            yield line


# -- around


def _title(review: PullRequestReview) -> str:
    if any(one.severity == "error" for one in review.mistakes):
        count = sum(one.severity == "error" for one in review.mistakes)
        return f"Transom: {count} mistake{'s' if count != 1 else ''} in the documents"
    if any(one.error or any(not changes.succeeded for changes in one.change) for one in review.environments):
        return "Transom: not every environment could be planned"
    if any(one.refusals for one in review.environments):
        return f"Transom: {_refusers(review)} this change"
    changes = _changes(change for one in review.environments for change in one.change)
    if not changes:
        return "Transom: this change changes nothing"
    counts = ((sum(change.operation is operation for change in changes), word) for operation, word in _LOST.items())
    lost = [f"{count} to {word}" for count, word in counts if count]
    return ", ".join(["Transom: what this change does", *lost])


_LOST = {Operation.DELETE: "delete", Operation.REPLACE: "replace", Operation.FORGET: "let go"}


def _refusers(review: PullRequestReview) -> str:
    kinds = {"a policy" if parts.is_policy(refusal.rule) else "a guard" for one in review.environments for refusal in one.refusals}
    return f"{' and '.join(sorted(kinds))} {'refuse' if len(kinds) > 1 else 'refuses'}"


_COLUMNS = ("environment", "create", "update", "replace", "delete", "policy", "drift", "guard")


def _table(review: PullRequestReview) -> Iterator[str]:
    if not review.environments:
        return
    yield f"| {' | '.join(_COLUMNS)} |"
    yield f"|---|{'--:|' * 4}{'---|' * 3}"
    for one in review.environments:
        yield f"| {' | '.join((markdown.cell(one.environment), *_counts(one)))} |"


def _counts(one: EnvironmentReview) -> Iterator[str]:
    if one.error and not one.change:
        yield from ("not planned", "", "", "")
    else:
        changes = _changes(one.change)
        for operations in ((Operation.CREATE, Operation.IMPORT), (Operation.UPDATE,), (Operation.REPLACE,), parts.GONE):
            count = sum(change.operation in operations for change in changes)
            losing = operations in ((Operation.REPLACE,), parts.GONE)
            yield f"**{count}**" if count and losing else str(count) if count else ""
    well = "not known" if one.error and not one.change else "ok"
    policies = sum(parts.is_policy(refusal.rule) for refusal in one.refusals)
    guards = len(one.refusals) - policies
    yield f"**{policies} refused**" if policies else well
    drifted = sum(len(changes.changes) for changes in one.drift)
    yield f"{drifted} drifted" if drifted else "none" if one.looked_for_drift else "not looked for"
    yield f"**{guards} refused**" if guards else well


def _mistakes(mistakes: Sequence[Mistake], links: Links) -> Iterator[str]:
    if not mistakes:
        return
    yield ""
    for one in mistakes[:_MISTAKES]:
        word = "warning" if one.severity == "warning" else "error"
        place = markdown.link(f"{one.path}:{one.line}:{one.column}", links.to(one.path, one.line))
        hint = f" — {markdown.code(_cut(one.hint))}" if one.hint else ""
        yield f"- {word} {place} {one.reason}: {markdown.code(_cut(one.message))}{hint}"
    if len(mistakes) > _MISTAKES:
        yield f"- … and {len(mistakes) - _MISTAKES} more: `transom validate`"


def _before(one: EnvironmentReview, links: Links) -> Iterator[str]:
    """What is told of an environment before its changes: why not, and what is refused."""
    lines = [*_failure(one), *(line for refusal in one.refusals[:_REFUSALS] for line in _refusal(refusal, links))]
    if len(one.refusals) > _REFUSALS:
        lines.append(f"- … and {len(one.refusals) - _REFUSALS} more refusals")
    if lines or _changes(one.change):
        yield f"#### Environment {markdown.code(one.environment)}"
        yield from ("", *lines, "")


def _failure(one: EnvironmentReview) -> Iterator[str]:
    errors = [one.error, *(f"{changes.stack}: {changes.error}" for changes in one.change if changes.error)]
    errors += [
        f"{diagnostic.location or diagnostic.document or changes.stack}: {diagnostic.message}"
        for changes in one.change
        for diagnostic in changes.diagnostics
        if diagnostic.severity == "error"
    ]
    told = [line for error in errors if error for line in _cut(error, 4 * _LONGEST).splitlines()]
    if told:
        yield "This environment could not be planned as a whole:"
        yield ""
        yield markdown.fence(told, "text")
        yield ""


def _refusal(one: Refused, links: Links) -> Iterator[str]:
    where = f" ({markdown.link(f'{one.path}:{one.line}', links.to(one.path, one.line))})" if one.path else ""
    yield f"- **{'policy' if parts.is_policy(one.rule) else 'guard'} {one.rule}** refuses: {markdown.code(_cut(one.message))}{where}"
    if one.hint:
        yield f"  - {markdown.code(_cut(one.hint))}"


def _after(one: EnvironmentReview) -> Iterator[str]:
    """What is told of an environment behind its changes: what is not this change's."""
    lines = []
    for changesets, said in (
        (one.pending, "pending already: the next apply brings this, whether the change is merged or not"),
        (one.withdrawn, "pending, and taken back by this change"),
        (one.drift, "drifted: live is not what was last applied"),
    ):
        changes = _changes(changesets)
        if changes:
            lines.append(f"- {len(changes)} {said} ({_documents(changes)})")
    lines += [f"- {markdown.code(_cut(note))}" for note in one.notes]
    if one.untouched:
        lines.append(f"- not touched by this change, and not planned: {_listed(one.untouched)}")
    if lines:
        yield f"Of {markdown.code(one.environment)} beside this change:"
        yield ""
        yield from lines


def _tail(review: PullRequestReview) -> Iterator[str]:
    lines = []
    if review.untouched:
        lines.append(f"Not touched by this change: {_listed(review.untouched)}")
    if said := _next(review):
        lines.append(said)
    against = [f"{word} {markdown.code(value[:_SHORT])}" for word, value in (("base", review.base), ("head", review.head)) if value]
    if against:
        lines.append(f"<sub>{', '.join(against)}</sub>")
    for line in lines:
        yield ""
        yield line


def _next(review: PullRequestReview) -> str:
    """What to do now, which depends on what stands in the way."""
    if any(one.severity == "error" for one in review.mistakes):
        return "Next: mend these, and check with `transom validate`"
    stuck = [one.environment for one in review.environments if one.error or any(not changes.succeeded for changes in one.change)]
    if stuck:
        return f"Next: look at it with {markdown.code(f'transom plan {chr(32).join(stuck)}')}"
    if any(one.refusals for one in review.environments):
        return f"Next: take out what {_refusers(review)}, or write what is asked for into this pull request, where reviewers see it"
    changed = [one.environment for one in review.environments if _changes(one.change)]
    if len(changed) > 1:
        return f"Next: merge, then {markdown.code('transom apply')} of each in the order you release in: {_listed(changed)}"
    return f"Next: merge, then {markdown.code(f'transom apply {changed[0]}')}" if changed else ""


def _documents(changes: Sequence[Change]) -> str:
    return _listed(sorted({change.document or "the environment itself" for change in changes}))


def _listed(words: Sequence[str]) -> str:
    few = 5
    told = ", ".join(markdown.code(word) for word in words[:few])
    return f"{told} and {len(words) - few} more" if len(words) > few else told


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


# -- changes


@dataclass(frozen=True, slots=True)
class _Group:
    """Parts under one heading: those that lose something, open, or those of one application, folded."""

    environment: str
    title: str
    parts: tuple[Part, ...]
    folded: bool

    @property
    def overhead(self) -> int:
        """Characters of what is around the parts."""
        return len(self.title) + len("<details><summary></summary>\n\n\n</details>\n\n") + 2

    def lines(self) -> Iterator[str]:
        """As Markdown."""
        if not self.folded:
            yield from (self.title, "")
        else:
            yield from (f"<details><summary>{self.title}</summary>", "")
        for part in self.parts:
            yield from part.lines()
        yield from ("", "</details>", "") if self.folded else ("",)


def _groups(one: EnvironmentReview, links: Links) -> Iterator[_Group]:
    changes = _changes(one.change)
    losing = [change for change in changes if parts.is_open(change)]
    if losing:
        yield _Group(one.environment, _warning(losing), tuple(parts.of(change, links) for change in losing), folded=False)
    owned: dict[str, list[Change]] = {}
    for change in changes:
        if not parts.is_open(change):
            owned.setdefault(parts.owner(change), []).append(change)
    for owner, mine in sorted(owned.items(), key=lambda pair: (pair[0] == "", pair[0])):
        title = f"{markdown.summary(owner) if owner else 'the environment itself'}: {parts.tally(mine)}"
        yield _Group(one.environment, title, tuple(parts.of(change, links) for change in mine), folded=True)


def _warning(losing: Sequence[Change]) -> str:
    """What is so grave that it stands open: the words that are true of these changes."""
    told = {
        "deletes": any(change.operation is Operation.DELETE for change in losing),
        "replaces": any(change.operation is Operation.REPLACE for change in losing),
        "lets go": any(change.operation is Operation.FORGET for change in losing),
        "interrupts": any(change.operation not in parts.LOSING and parts.interrupts(change) for change in losing),
        "is refused by its API": any(change.failed for change in losing),
    }
    words = [word for word, true in told.items() if true]
    text = ", ".join(words)
    return f"**{text[:1].upper()}{text[1:]}**"


def _chosen(groups: Sequence[_Group], budget: int) -> list[_Group]:
    """What fits: first a line of each change, those that lose something first, then their diffs in the same order."""
    order = sorted(range(len(groups)), key=lambda index: groups[index].folded)
    kept: dict[int, int] = {}
    for index in order:
        group = groups[index]
        cost = group.overhead
        count = 0
        for part in group.parts:
            if cost + part.short > budget:
                break
            cost += part.short
            count += 1
        if count:
            kept[index] = count
            budget -= cost
    whole: dict[int, list[Part]] = {}
    for index in order:
        for part in groups[index].parts[: kept.get(index, 0)]:
            fits = part.diff != "" and part.whole - part.short <= budget
            budget -= part.whole - part.short if fits else 0
            whole.setdefault(index, []).append(part if fits else part.without_diff())
    return [_Group(groups[i].environment, groups[i].title, tuple(whole[i]), groups[i].folded) for i in range(len(groups)) if i in whole]


_LEFT_OUT = "Left out, because a comment has a limit: 000000 changes, 000000 diffs. All of it: `transom plan --base …`"


def _left_out(missing: int, undiffed: int) -> str:
    counts = [f"{count} {word}{'s' if count != 1 else ''}" for count, word in ((missing, "change"), (undiffed, "diff")) if count]
    return f"\nLeft out, because a comment has a limit: {', '.join(counts)}. All of it: `transom plan --base …`"


def _lost_diffs(groups: Sequence[_Group], chosen: Sequence[_Group]) -> int:
    """Diffs of changes that are not told at all: those are counted as changes."""
    counts = {(group.environment, group.title): len(group.parts) for group in chosen}
    return sum(part.diff != "" for group in groups for part in group.parts[counts.get((group.environment, group.title), 0) :])


def _changes(changesets: Iterable[ChangeSet]) -> list[Change]:
    found = [change for changeset in changesets for change in changeset.changes if change.operation is not Operation.SAME]
    return sorted(found, key=parts.rank)
