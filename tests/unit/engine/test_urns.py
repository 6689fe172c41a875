"""URNs and the identity of the document behind a resource."""

from __future__ import annotations

import pytest

from transom.engine import urns

STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
ENVIRONMENT = "urn:pulumi:dev::p::transom:index:Environment::dev"
DATABASE = "urn:pulumi:dev::p::transom:index:Environment$transom:aws:Database::shop/main"
INSTANCE = "urn:pulumi:dev::p::transom:index:Environment$transom:aws:Database$aws:rds/instance:Instance::shop::main"
PARENTS = {INSTANCE: DATABASE, DATABASE: ENVIRONMENT, ENVIRONMENT: STACK, STACK: ""}


@pytest.mark.parametrize(
    "urn, expected",
    [(INSTANCE, "Database/shop/main"), (DATABASE, "Database/shop/main"), (ENVIRONMENT, ""), (STACK, ""), ("no urn", ""), ("", "")],
)
def test_document(urn: str, expected: str):
    """A resource belongs to the nearest component's document; the environment itself is none."""
    assert urns.document(urn, PARENTS) == expected


def test_document_of_an_unknown_parent():
    """Where a parent was never heard of, no document is guessed from the types alone."""
    assert urns.document(INSTANCE, {}) == ""


def test_document_in_a_circle():
    """A broken state does not hang a report."""
    assert urns.document("urn:pulumi:dev::p::a::x", {"urn:pulumi:dev::p::a::x": "urn:pulumi:dev::p::a::x"}) == ""


def test_parse():
    """A name may contain the separator; the types are in order; the text comes back."""
    parsed = urns.parse(INSTANCE)
    assert parsed is not None
    assert parsed.name == "shop::main"
    assert parsed.type == "aws:rds/instance:Instance"
    assert str(parsed) == INSTANCE
    assert urns.parse("urn:pulumi:dev::p") is None


def test_renamed():
    """In another stack only the stack's name differs."""
    assert urns.renamed(DATABASE, "dev.shop") == DATABASE.replace(":dev::", ":dev.shop::")
    assert urns.renamed("no urn", "x") == "no urn"
