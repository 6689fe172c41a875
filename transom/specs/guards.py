"""What may not happen to an environment without somebody saying so in its document."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from transom.specs.base import Spec
from transom.specs.scalars import Int
from transom.specs.source import VerifySpec
from transom.specs.sync import WindowSpec

Rule = Literal["DeletionCeiling", "StatefulDeletion", "StatefulReplacement", "OutsideWindow", "UnreviewedCommit", "PolicyViolation"]
"""The rules that a document can suspend; each is also the reason code of its refusal."""

DocumentName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z]*/[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]


class CeilingSpec(Spec):
    """How many resources one run may delete; replacements are not counted, for what is replaced is there afterwards."""

    count: Int = Field(default=20, ge=0)
    """At most so many."""
    percent: Int = Field(default=30, ge=0, le=100)
    """At most so much of what the environment has; looked at only when more than three would be deleted."""


class ReviewedSpec(Spec):
    """Which commits count as reviewed."""

    branch: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=200)] = "main"
    """The branch that changes come to by review; a commit that is not part of it is refused."""
    verify: VerifySpec | None = None
    """Whose signature the commit must carry beside that; nobody's when left out."""


class AllowSpec(Spec):
    """Permission for what a rule would refuse, with an end and a reason."""

    rule: Rule
    """The rule, as the refusal names it."""
    document: DocumentName | None = None
    """The document that it is about, e.g. `Tenant/team-a`: StatefulDeletion and StatefulReplacement need it, for PolicyViolation it is all
    without."""
    policy: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*$")] | None = None
    """For PolicyViolation: the policy, as `PACK/POLICY`."""
    count: Int | None = Field(default=None, ge=1)
    """For DeletionCeiling: how many deletions."""
    until: date
    """The last day on which it holds (UTC)."""
    reason: str = Field(min_length=1)
    """Why, for whoever reads it next year."""

    @model_validator(mode="after")
    def _says_what(self) -> AllowSpec:
        if self.rule.startswith("Stateful") and self.document is None:
            raise ValueError(f"document is missing: {self.rule} is allowed for one document, e.g. Tenant/team-a")
        if (self.rule == "PolicyViolation") is (self.policy is None):
            what = "is missing: which policy, as PACK/POLICY" if self.policy is None else f"means nothing to {self.rule}; remove it"
            raise ValueError(f"policy {what}")
        if self.rule == "DeletionCeiling" and self.count is None:
            raise ValueError("count is missing: how many deletions are allowed")
        if self.rule != "DeletionCeiling" and self.count is not None:
            raise ValueError(f"count means nothing to {self.rule}; remove it")
        if not self.rule.startswith(("Stateful", "Policy")) and self.document is not None:
            raise ValueError(f"document means nothing to {self.rule}; remove it")
        return self

    def holds(self, rule: str, today: date, document: str = "") -> bool:
        """Whether it allows what `rule` refuses, for this document."""
        return self.rule == rule and today <= self.until and self.document in (None, document)


class GuardsSpec(Spec):
    """The rules of an environment. They hold with these defaults where nothing is written."""

    deletions: CeilingSpec = CeilingSpec()
    """How much one run may delete."""
    windows: tuple[WindowSpec, ...] = ()
    """When the environment may be changed at all; always when left out. Applications may have their own in `sync.windows`."""
    policies: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$")], ...] = ()
    """Folders of policy packs (CrossGuard), relative to the project: every plan and apply is held to them."""
    reviewed: ReviewedSpec | None = None
    """Which commits may be applied; any when left out."""
    allow: tuple[AllowSpec, ...] = ()
    """What is allowed all the same."""
