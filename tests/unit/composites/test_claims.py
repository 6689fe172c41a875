"""Claims: what they become, and at whose line a mistake is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import repository
from tests.repository import APPLICATION, TENANT
from tests.unit.composites.documents import CLAIM, CLAIMED, DEFINITION, PLACE, files, replaced
from transom.catalog import stored
from transom.catalog.model import Catalog

OF = ", of PostgreSQLInstance/orders)"
OF_DB = f" (in Database/orders-db{OF}"


LATE = "spec.backups: retention 40d is outside RDS's 1 to 35 days (in PostgreSQLInstance/letters-store, of DataPipeline/letters)"


def manifest(catalog: Catalog, name: str) -> Any:
    """A Kubernetes object of the application."""
    return next(one for one in catalog.manifests["Application/shop"] if one.name == name)


def told(folder: Path, claim: str = CLAIM, definition: str = DEFINITION, **others: str) -> list[str]:
    """The problems as `reason place message`."""
    return [f"{one.reason} {one.where} {one.message}" for one in repository.problems(folder, files(definition, claim, **others))]


def test_a_claim_becomes_its_documents(tmp_path: Path) -> None:
    """Conditions, lists, defaults, optionals, the environment and other resources' names all end up where the template puts them."""
    catalog = repository.catalog(tmp_path, files())
    composed = {identity: dict(entry.data["spec"]) for identity, entry in catalog.entries.items() if "orders" in identity}
    assert composed.pop("PostgreSQLInstance/orders")["days"] == 7
    assert composed == {
        "Database/orders-db": {
            "tenant": "team-a", "version": "15", "size": "small", "storage": "20Gi", "backups": {"retention": "7d"},
        },
        "Bucket/orders-dumps": {"tenant": "team-a"},
        "Queue/orders-a": {"tenant": "team-a"},
        "Queue/orders-b": {"tenant": "team-a"},
    }  # fmt: skip
    assert manifest(catalog, "orders-settings").data["data"] == {
        "host": "${Database/orders-db.outputs.host}",
        "bucket": "orders-dumps",
        "queues": "orders-a,orders-b",
        "url": "postgres://${Database/orders-db.outputs.host}:${Database/orders-db.outputs.port}/x",
        "region": "eu-central-1",
        "class": "db.t4g.micro",
    }


def test_what_is_not_asked_for_is_left_out(tmp_path: Path) -> None:
    """A condition that is not true leaves out its document, an optional that is not there its field, an empty list everything."""
    claim = replaced(replaced(CLAIM, "  storage: 20Gi\n", "  backups: false\n"), "queues: [a, b]", "queues: []")
    catalog = repository.catalog(tmp_path, files(claim=claim))
    assert sorted(identity for identity in catalog.entries if "orders" in identity) == ["Database/orders-db", "PostgreSQLInstance/orders"]
    assert "storage" not in catalog.entries["Database/orders-db"].data["spec"]
    assert manifest(catalog, "orders-settings").data["data"]["bucket"] == "none"


def test_order(tmp_path: Path) -> None:
    """A claim waits for what it is made of; an application for the outputs that its objects refer to, and for the claims it binds."""
    binding = APPLICATION + "  bindings: [{claim: {kind: PostgreSQLInstance, name: orders}, prefix: DB}]\n"
    catalog = repository.catalog(tmp_path, files(applications__shop__application=binding))
    made = {"Database/orders-db", "Bucket/orders-dumps", "Queue/orders-a", "Queue/orders-b"}
    assert set(catalog.needs["PostgreSQLInstance/orders"]) == made | {"Tenant/team-a"}
    assert {"Database/orders-db", "PostgreSQLInstance/orders"} <= set(catalog.needs["Application/shop"])
    assert catalog.owners["PostgreSQLInstance/orders"] == "team-a"


def test_another_application_waits_for_a_claim_and_for_who_holds_its_objects(tmp_path: Path) -> None:
    """DependsOn a claim is dependsOn everything that it is made of, its Kubernetes objects included."""
    site = repository.APPLICATION.replace("shop", "site") + "  dependsOn: [PostgreSQLInstance/orders]\n"
    catalog = repository.catalog(tmp_path, files(applications__site__application=site))
    assert {"PostgreSQLInstance/orders", "Application/shop"} <= set(catalog.needs["Application/site"])


def test_a_catalog_with_claims_can_be_stored(tmp_path: Path) -> None:
    """What was applied can be applied again without Git: claims and references survive the way through text."""
    catalog = repository.catalog(tmp_path, files())
    again = stored.load(stored.dump(catalog))
    assert again.digest == catalog.digest
    assert stored.dump(again) == stored.dump(catalog)


def test_composing_is_deterministic(tmp_path: Path) -> None:
    """The same files give the same documents, byte for byte."""
    one, other = (repository.catalog(tmp_path / name, files()) for name in ("a", "b"))
    assert [(key, entry.data) for key, entry in one.entries.items()] == [(key, entry.data) for key, entry in other.entries.items()]
    assert stored.dump(one).replace(str(tmp_path / "a"), "") == stored.dump(other).replace(str(tmp_path / "b"), "")


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ("size: small", "size: huge", '5:9 spec.size "huge" is not allowed'),
        ('version: "15"', "version: 15", "6:12 spec.version must be text, not 15"),
        ("storage: 20Gi", "storag: 20Gi", "7:3 spec.storag is not a field"),
        ('  version: "15"\n', "", "4:1 spec.version is missing"),
        ("storage: 20Gi", "storage: 500Gi", "5:3 spec: a small one has less storage"),
        ("storage: 20Gi", "days: 50", "7:9 spec.days: input should be less than or equal to 40"),
        ("storage: 20Gi", "days: 40", "7:9 spec.backups: retention 40d is outside RDS's 1 to 35 days" + OF_DB),
        ("queues: [a, b]", "queues: a", '8:11 spec.queues must be a list, not "a"'),
        ("queues: [a, b]", "queues: [a, a]", "8:15 becomes Queue orders-a twice"),
        ("queues: [a, b]", 'queues: [a, "B!"]', '8:15 metadata.name "orders-B!" is not valid (in Queue/orders-B!' + OF),
        ("size: small", "revision: 3", "5:13 PostgreSQLInstance has no revision 3"),
        ("size: small", "tenant: team-b", "5:11 tenant team-b is not that of the application beside it (team-a)"),
        ("name: orders", "name: Orders", '3:18 metadata.name "Orders" is not valid'),
        ("v1alpha1", "v1beta1", '1:13 apiVersion "database.example.com/v1beta1" is not known'),
        ("kind: PostgreSQLInstance", "kind: PostgresSQLInstance", "2:7 kind PostgresSQLInstance is not defined in database.example.com"),
        ("spec:", "extra: 1\nspec:", "4:1 extra is not a field"),
    ],
)  # fmt: skip
def test_mistakes_of_a_claim_are_told_at_the_claim(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """A claim is held to its schema, its rules and to what it becomes, at the line of the value that is to blame."""
    claim = replaced(CLAIM, old, new)
    if "days: 40" in new:
        claim = replaced(claim, "size: small", "size: medium")
    assert f"{CLAIMED}:{expected}" in [line.partition(" ")[2] for line in told(tmp_path, claim)]


def test_mistakes_of_the_definition_are_told_there_once(tmp_path: Path) -> None:
    """What no claim can help is told at the template, once, with the claims that run into it."""
    definition = replaced(DEFINITION, "size: ${claim.spec.size}", "size: huge")
    more = CLAIM.replace("name: orders", "name: letters")
    assert told(tmp_path, CLAIM, definition, applications__shop__more=more) == [
        f'UnknownSize {PLACE}:28:17 size "huge" is not a class of environment "dev" (for PostgreSQLInstance/letters and 1 more)'
    ]


def test_an_expression_that_fails_names_the_claim(tmp_path: Path) -> None:
    """What only the values show is told at the expression, with the claim."""
    definition = replaced(DEFINITION, "region: ${environment.region}", "region: ${environment.tags['x']}")
    assert told(tmp_path, definition=definition) == [
        f'ExpressionFailed {PLACE}:52:21 the expression failed: "x" is not there (for PostgreSQLInstance/orders)'
    ]


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ("host: ${resources.db.outputs.host}\n          b", "host: ${resources.db.outputs.password}\n          b", "SecretOutput"),
        ('-settings"}', '-settings", labels: {host: "${resources.db.outputs.host}"}}', "OutputNotKnown"),
    ],
    ids=["password in a ConfigMap", "label"],
)  # fmt: skip
def test_outputs_stand_where_they_may(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """A password is for Secrets, and what makes an object what it is must be known before."""
    assert [line.partition(" ")[0] for line in told(tmp_path, definition=replaced(DEFINITION, old, new))] == [expected]


def test_a_secret_made_of_outputs_holds_no_plaintext(tmp_path: Path) -> None:
    """A Secret in a composite may hold outputs of resources."""
    definition = replaced(DEFINITION, "kind: ConfigMap", "kind: Secret")
    start = definition.index("        data:\n")
    end = definition.index("  connection:")
    definition = definition[:start] + '        stringData: {password: "${resources.db.outputs.password}"}\n' + definition[end:]
    catalog = repository.catalog(tmp_path, files(definition))
    assert manifest(catalog, "orders-settings").data["stringData"] == {"password": "${Database/orders-db.outputs.password}"}


@pytest.mark.parametrize(
    "value, expected",
    [
        ("${Database/orders-db.outputs.host}", []),
        ("${Database/nobody.outputs.host}", ["UnknownReference"]),
        ("${Database/orders-db.outputs.hots}", ["UnknownReference"]),
        ("${Database/theirs.outputs.host}", ["ForbiddenBinding"]),
        ("${HOST} of ${Database/orders-db}", []),
    ],
)
def test_references_stay_inside_a_tenant(tmp_path: Path, value: str, expected: list[str]) -> None:
    """Whoever writes a reference by hand gets outputs of their own tenant, and of nobody else."""
    theirs = "apiVersion: transom.dev/v1\nkind: Database\nmetadata: {name: theirs}\nspec: {tenant: team-b, version: '16', size: small}\n"
    found = told(
        tmp_path,
        applications__shop__by_hand=repository.CONFIG_MAP.replace("settings", "by-hand").replace('"1"', f'"{value}"'),
        databases__theirs=theirs,
        tenants__b=TENANT.replace("team-a", "team-b").replace("[shop, site]", "[theirs]"),
    )
    assert [line.partition(" ")[0] for line in found] == expected


@pytest.mark.parametrize(
    "bindings, expected",
    [
        ("[{claim: {kind: PostgreSQLInstance, name: orders}, prefix: DB}]", []),
        ("[{claim: {kind: PostgreSQLInstance, name: order}}]", ["UnknownReference"]),
        ("[{claim: {kind: Database, name: orders-db}}]", ["InvalidValue"]),
        ("[{claim: {kind: PostgreSQLInstance, name: orders}, database: orders-db}]", ["InvalidValue"]),
    ],
)
def test_bindings(tmp_path: Path, bindings: str, expected: list[str]) -> None:
    """An application binds a claim by kind and name."""
    found = told(tmp_path, applications__shop__application=APPLICATION + f"  bindings: {bindings}\n")
    assert [line.partition(" ")[0] for line in found] == expected


def test_a_claim_without_connection_cannot_be_bound(tmp_path: Path) -> None:
    """Binding what gives nothing would be silent otherwise."""
    start, end = DEFINITION.index("  connection:"), DEFINITION.index("  status:")
    application = APPLICATION + "  bindings: [{claim: {kind: PostgreSQLInstance, name: orders}}]\n"
    found = told(tmp_path, definition=DEFINITION[:start] + DEFINITION[end:], applications__shop__application=application)
    assert [line.partition(" ")[0] for line in found] == ["NoConnection"]


def test_claims_of_one_name(tmp_path: Path) -> None:
    """Kind and name of a claim are unique, and so is what claims become."""
    assert [line.partition(" ")[0] for line in told(tmp_path, applications__shop__again=CLAIM)] == ["DuplicateDocument"]
    database = "apiVersion: transom.dev/v1\nkind: Database\nmetadata: {name: orders-db}\nspec: {version: '16', size: small}\n"
    assert told(tmp_path / "b", applications__shop__db=database) == [
        "DuplicateDocument applications/shop/orders.yaml:3:18 Database orders-db is declared twice, first at applications/shop/db.yaml:3:18"
        + OF_DB
    ]


def test_tenants_that_may_claim(tmp_path: Path) -> None:
    """A definition may be for some tenants only."""
    definition = replaced(DEFINITION, "  kind: PostgreSQLInstance\n", "  kind: PostgreSQLInstance\n  tenants: [team-b]\n")
    assert told(tmp_path, definition=definition) == [f"ForbiddenKind {CLAIMED}:2:7 tenant team-a may not claim PostgreSQLInstance"]


def test_a_claim_outside_an_application_names_its_tenant(tmp_path: Path) -> None:
    """In databases/ and resources/ the tenant is written; Kubernetes objects need an application to belong to."""
    start, end = DEFINITION.index("    - id: settings"), DEFINITION.index("  connection:")
    definition = DEFINITION[:start] + DEFINITION[end:]
    nameless = repository.problems(tmp_path / "a", files(definition, "", databases__orders=CLAIM))
    assert [(one.reason, str(one.where)) for one in nameless] == [("MissingTenant", "databases/orders.yaml:5:3")]
    named = replaced(CLAIM, "size: small", "size: small\n  tenant: team-a")
    assert repository.problems(tmp_path / "b", files(definition, "", databases__orders=named)) == ()
    homeless = repository.problems(tmp_path / "c", files(DEFINITION, "", databases__orders=named))
    assert [one.reason for one in homeless] == ["ManifestWithoutApplication"]


def test_revisions(tmp_path: Path) -> None:
    """A claim gets the default revision, or stays with the one that it names."""
    second = DEFINITION.replace("name: postgresql-instance", "name: second").replace(
        "  kind: PostgreSQLInstance\n", "  kind: PostgreSQLInstance\n  revision: 2\n  default: true\n"
    )
    second = replaced(second, 'retention: "${claim.spec.days}d"', "retention: 14d")
    stays = CLAIM.replace("name: orders", "name: stays").replace("size: small", "revision: 1")
    catalog = repository.catalog(tmp_path, files(infrastructure__compositions__second=second, applications__shop__stays=stays))
    retention = {name: catalog.entries[f"Database/{name}-db"].data["spec"]["backups"]["retention"] for name in ("orders", "stays")}
    assert retention == {"orders": "14d", "stays": "7d"}
    assert [catalog.entries[f"PostgreSQLInstance/{name}"].data["composed"]["revision"] for name in ("orders", "stays")] == [2, 1]


PIPELINE = """\
apiVersion: transom.dev/v1
kind: CompositeDefinition
metadata: {name: pipeline}
spec:
  group: data.example.com
  version: v1
  kind: DataPipeline
  schema:
    type: object
    properties: {days: {type: integer, default: 7}}
  resources:
    - id: store
      template:
        apiVersion: database.example.com/v1alpha1
        kind: PostgreSQLInstance
        spec: {version: "16", backups: false, days: "${claim.spec.days}"}
    - id: settings
      template:
        apiVersion: v1
        kind: ConfigMap
        data: {host: "${resources.store.connection.HOST}"}
  connection: {HOST: "${resources.store.connection.HOST}"}
  status: {host: "${resources.store.status.host}"}
"""


def test_composites_of_composites(tmp_path: Path) -> None:
    """A claim inside a claim is composed too, gives its connection, and a mistake in it is told at the outer claim."""
    claim = "apiVersion: data.example.com/v1\nkind: DataPipeline\nmetadata: {name: letters}\nspec: {days: 3}\n"
    catalog = repository.catalog(tmp_path / "a", files(claim=claim, infrastructure__compositions__pipeline=PIPELINE))
    host = "${Database/letters-store-db.outputs.host}"
    assert manifest(catalog, "letters-settings").data["data"] == {"host": host}
    assert catalog.entries["DataPipeline/letters"].data["composed"]["connection"] == {"HOST": host}
    assert "PostgreSQLInstance/letters-store" in catalog.entries
    wrong = claim.replace("days: 3", "days: 40")
    assert told(tmp_path / "b", wrong, infrastructure__compositions__pipeline=PIPELINE) == [f"InvalidValue {CLAIMED}:4:14 {LATE}"]


def test_a_claim_becomes_no_more_than_can_be_read(tmp_path: Path) -> None:
    """Lists are bounded: a claim that becomes thousands of documents is a mistake at its list."""
    claim = replaced(CLAIM, "queues: [a, b]", f"queues: [{', '.join(f'q{number}' for number in range(300))}]")
    assert told(tmp_path, claim) == [f"TooLarge {CLAIMED}:8:11 becomes 300 documents, and 200 are the most"]
