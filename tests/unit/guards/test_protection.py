"""What is protected is not deleted: what the refusal says of documents that are gone and of those that are there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repository import BASIC, catalog
from transom.changes import Change, ChangeSet, Diagnostic, Operation
from transom.guards import Refusal, judge, only_protection
from transom.specs.owned import Stateful

NOON = datetime(2027, 3, 3, 12, 0, tzinfo=UTC)
LAST = "databases/orders.yaml:3:1"


def _deletion(document: str = "Database/orders", name: str = "orders", **more: Any) -> Change:
    kind = "aws:rds/instance:Instance"
    fields = {"operation": Operation.DELETE, "protected": True, "failed": True, "document": document, **more}
    return Change(urn=f"urn:pulumi:dev::p::{kind}::{name}", type=kind, name=name, **fields)


def _plan(*changes: Change, **more: Any) -> ChangeSet:
    return ChangeSet(purpose="plan", environment="dev", stack="dev", changes=changes, unchanged=50, **({"succeeded": False} | more))


def _judged(folder: Path, *changes: Change) -> list[Refusal]:
    return list(judge({"dev": catalog(folder, dict(BASIC))}, [_plan(*changes)], NOON))


def test_a_document_that_is_gone(tmp_path: Path) -> None:
    """It is told once, at the line where it last stood, with what to put back."""
    (refusal,) = _judged(tmp_path, _deletion(location=LAST), _deletion(name="orders-secret", location=LAST))
    assert (refusal.rule, refusal.document, str(refusal.where)) == ("ProtectedDeletion", "Database/orders", LAST)
    assert LAST in refusal.message
    assert "orders-secret" in refusal.message
    back = refusal.hint.partition(": ")[2].partition("; ")[0]
    written = yaml.safe_load(back)
    assert (written["kind"], written["metadata"]["name"]) == ("Database", "orders")


def test_what_to_write_is_a_release(tmp_path: Path) -> None:
    """The fields of the hint release a document as they stand, and expire."""
    (refusal,) = _judged(tmp_path, _deletion(location=LAST))
    words = refusal.hint.partition("under its spec: ")[2].partition(";")[0]
    fields = yaml.safe_load("\n".join(words.split(" and ")))
    released = Stateful.model_validate(fields)
    assert not released.protected(NOON.date())
    assert released.protected(date(2027, 3, 18))


def test_a_document_of_which_no_line_is_known(tmp_path: Path) -> None:
    """Without history the place is not known, and is not made up."""
    (refusal,) = _judged(tmp_path, _deletion())
    assert "its document is gone" in refusal.message
    assert "put the document back where it was" in refusal.hint
    assert refusal.where.path.endswith("dev.yaml")


def test_a_document_that_is_there(tmp_path: Path) -> None:
    """Where only a part of it would go, the release is written where the document stands."""
    bucket = "apiVersion: transom.dev/v1\nkind: Bucket\nmetadata:\n  name: files\nspec:\n  tenant: team-a\n"
    found = catalog(tmp_path, BASIC | {"resources/files.yaml": bucket})
    (refusal,) = judge({"dev": found}, [_plan(_deletion("Bucket/files"))], NOON)
    assert (refusal.where.path, refusal.where.line) == ("resources/files.yaml", 6)
    assert "put the document back" not in refusal.hint


@pytest.mark.parametrize("change", [_deletion(protected=False, failed=False), _deletion(operation=Operation.UPDATE)])
def test_everything_else_is_not_its_matter(tmp_path: Path, change: Change) -> None:
    """What was released, and what stays, is let through."""
    assert _judged(tmp_path, change) == []


def test_protection_alone() -> None:
    """A plan that failed for another reason too is a failure, no refusal."""
    protected = _plan(_deletion())
    assert only_protection([protected])
    assert only_protection([protected, _plan(succeeded=True)])
    assert not only_protection([_plan(succeeded=True)])
    assert not only_protection([protected, _plan(error="no such region")])
    assert not only_protection([_plan(_deletion(), _deletion(protected=False))])
    assert not only_protection([_plan(_deletion(), diagnostics=(Diagnostic(severity="error", message="invalid"),))])
