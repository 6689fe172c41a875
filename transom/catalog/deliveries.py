"""What brings secrets from another store into an application's namespace: ExternalSecrets, and the SecretStore that they read.

The objects are those of the External Secrets Operator (https://external-secrets.io/latest/api/externalsecret/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transom.catalog import rollouts
from transom.catalog.made import made
from transom.catalog.model import Entry, Manifest
from transom.errors import Problem
from transom.specs.application import Application
from transom.specs.environment import EnvironmentSpec
from transom.specs.secrets import SecretSpec, SecretsSpec, StoreReference

GROUP, VERSION = "external-secrets.io", "external-secrets.io/v1"
WITH_STORED_PASSWORD = ("database", "cache")
"""Bindings whose password lies in Secrets Manager."""


def store_name(application: str) -> str:
    """Name of the SecretStore that is made for an application."""
    return f"{application}-secrets"


def delivered(
    entry: Entry[Application], manifests: Sequence[Manifest], environment: EnvironmentSpec
) -> tuple[tuple[Manifest, ...], tuple[Problem, ...]]:
    """The manifests with the objects of the application's secrets, and a problem for each that cannot be delivered."""
    spec, how = entry.document.spec, environment.secrets
    namespace = spec.destination.namespace
    out: list[Manifest] = []
    problems: list[Problem] = []
    for index, secret in enumerate(spec.secrets):
        store = secret.store or (reference(entry.name, how) if how else None)
        if store is None:
            message = f"secrets[{index}]: neither {secret.name} nor the environment names a store"
            hint = "write store: {name: …}, or secrets in the environment's document"
            problems.append(Problem(entry.at("spec", "secrets", index), "NoSecretStore", message, hint))
            continue
        interval = secret.refresh_interval or (how or SecretsSpec()).refresh_interval
        out.append(made(entry, ("secrets", index), _external(secret, store, rollouts.as_go(interval)), namespace))
    if how is not None and how.store is None and _reads_the_own_store(entry.document, how):
        out.insert(0, made(entry, ("secrets",), own_store(entry.name, how, environment.aws.region), namespace))
    problems += _taken(out, manifests)
    return (*manifests, *out), tuple(problems)


def reference(application: str, how: SecretsSpec) -> StoreReference:
    """The store that ExternalSecrets read that name none."""
    return how.store or StoreReference(name=store_name(application), kind="SecretStore")


def own_store(application: str, how: SecretsSpec, region: str) -> dict[str, Any]:
    """The SecretStore of one application: AWS Secrets Manager, with the identity of the operator or of a service account."""
    aws: dict[str, Any] = {"service": "SecretsManager", "region": region}
    if how.service_account:
        aws["auth"] = {"jwt": {"serviceAccountRef": {"name": how.service_account}}}
    return {"apiVersion": VERSION, "kind": "SecretStore", "metadata": {"name": store_name(application)}, "spec": {"provider": {"aws": aws}}}


def external(name: str, store: StoreReference, interval: str, target: Mapping[str, Any], **content: Any) -> dict[str, Any]:
    """An ExternalSecret; `content` is its data or dataFrom."""
    reference_ = {"name": store.name, "kind": store.kind}
    spec = {"refreshInterval": interval, "secretStoreRef": reference_, "target": dict(target), **content}
    return {"apiVersion": VERSION, "kind": "ExternalSecret", "metadata": {"name": name}, "spec": spec}


def _reads_the_own_store(application: Application, how: SecretsSpec) -> bool:
    spec = application.spec
    bound = any(getattr(binding, kind) for binding in spec.bindings for kind in WITH_STORED_PASSWORD)
    return any(secret.store is None for secret in spec.secrets) or (how.delivery == "externalSecret" and bound)


def _external(secret: SecretSpec, store: StoreReference, interval: str) -> dict[str, Any]:
    dumped = secret.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    target = {"name": secret.target_name, "creationPolicy": secret.target.creation_policy, "deletionPolicy": secret.target.deletion_policy}
    content = {field: dumped[field] for field in ("data", "dataFrom") if field in dumped}
    return external(secret.name, store, interval, target, **content)


def _taken(added: Sequence[Manifest], manifests: Sequence[Manifest]) -> Iterator[Problem]:
    """Names that the manifests have already."""
    there = {one.key: one for one in manifests}
    for one in added:
        if other := there.get(one.key):
            message = f"{one.kind} {one.name} is made of secrets, and declared at {other.at('metadata', 'name')}"
            yield Problem(one.at(), "DuplicateObject", message, "remove or rename one of the two")
