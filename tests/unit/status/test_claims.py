"""Status of claims: health of what they are made of, what they wait for, and what their definition lets them show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests import repository
from tests.unit.composites.documents import DEFINITION, files, replaced
from transom.catalog import digests
from transom.catalog.model import Catalog
from transom.status.health import Word
from transom.status.report import DocumentStatus, report

READY = """\
    - id: db
      readyWhen: ["${resources.db.outputs.port == 5432}"]
"""
_ROOT = "transom:index:Environment"


def _component(kind: str, name: str, outputs: dict[str, Any]) -> dict[str, Any]:
    type_ = f"transom:aws:{kind}"
    return {"urn": f"urn:pulumi:dev::transom::{_ROOT}${type_}::{name}", "type": type_, "custom": False, "outputs": outputs}


def told(catalog: Catalog, **outputs: Any) -> DocumentStatus:
    """The claim's status when everything was applied and the database gave these outputs."""
    documents = digests.documents(catalog, catalog.entries)
    stack = {"urn": "urn:pulumi:dev::transom::pulumi:pulumi:Stack::transom-dev", "type": "pulumi:pulumi:Stack", "custom": False}
    resources = [{**stack, "outputs": {"documents": dict(documents)}}, _component("Database", "orders-db", outputs)]
    found = report(catalog, {"dev": {"deployment": {"resources": resources}}}).document("PostgreSQLInstance/orders")
    assert found is not None
    return found


def test_a_claim_shows_what_its_definition_says(tmp_path: Path) -> None:
    """Values of outputs and of the claim are shown; what is not known yet is left out."""
    catalog = repository.catalog(tmp_path, files())
    assert told(catalog, host="db.example.com").status == {"host": "db.example.com", "size": "small"}
    assert told(catalog).status == {"size": "small"}


def test_a_claim_is_ready_when_its_conditions_are_true(tmp_path: Path) -> None:
    """Until then it is Progressing, and says what it waits for."""
    catalog = repository.catalog(tmp_path, files(replaced(DEFINITION, "    - id: db\n", READY)))
    assert told(catalog, port=5432).health.word is Word.HEALTHY
    for outputs in ({}, {"port": 1}):
        waiting = told(catalog, **outputs)
        assert (waiting.health.word, waiting.message) == (Word.PROGRESSING, "waits for db")


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    """What the state keeps encrypted never gets into a status."""
    catalog = repository.catalog(tmp_path, files())
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
    assert told(catalog, host=secret).status == {"size": "small"}


def test_a_claim_that_is_not_deployed_is_missing(tmp_path: Path) -> None:
    """Before the first apply a claim is as missing as what it is made of."""
    catalog = repository.catalog(tmp_path, files())
    found = report(catalog, {}).document("PostgreSQLInstance/orders")
    assert found is not None
    assert (found.health.word, found.message) == (Word.MISSING, "not deployed yet")
