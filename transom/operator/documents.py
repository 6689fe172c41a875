"""A catalog becomes Stacks, one for each shard, with the account that they run as and, where asked, the Flux source that they read.

Fields are those of pulumi.com/v1 (https://github.com/pulumi/pulumi-kubernetes-operator/blob/master/docs/stacks.md) and of
auto.pulumi.com/v1alpha1 for the workspace (docs/workspaces.md there).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from transom.catalog import shards
from transom.catalog.model import Catalog
from transom.catalog.shards import Shard

PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - the variable's name
KUBECONFIG_KEY = "kubeconfig"
"""Key of the environment's Secret that holds the kubeconfig."""
_MOUNT = "/etc/transom"
_LONGEST = 40
"""Characters of a Stack's name: the operator adds `-workspace`, and Kubernetes a hash, to make a label of 63."""
_MANAGED = {"app.kubernetes.io/managed-by": "transom", "app.kubernetes.io/part-of": "transom"}


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the operator reads the project: the repository that holds `Pulumi.yaml`.

    Attributes:
        url: of the repository, without credentials.
        branch: that is followed; of `branch` and `commit` one is empty.
        commit: that is held.
        folder: of `Pulumi.yaml` in it; empty for its root.
        secret: name of a Secret in the namespace with the credentials; empty for a public repository.
        flux: whether Flux's source-controller fetches it, instead of the operator.
    """

    url: str
    branch: str = ""
    commit: str = ""
    folder: str = ""
    secret: str = ""
    flux: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the Stacks run.

    Attributes:
        project: name of the Pulumi project.
        repository: that holds it.
        namespace: of all documents.
        backend: address of the state, without credentials; the hosted one when empty.
        organization: that the stacks belong to; `organization` on a self-managed backend.
        image: of the workspaces; the operator's own default when empty.
        resync: seconds between two looks at sources and live state; at least 60.
        secrets_provider: of the stacks' secrets, e.g. `awskms://alias/transom-dev`; a passphrase when empty.
        variables: names of variables that the program gets, each from the key of its name in the Secret `transom-ENVIRONMENT`.
    """

    project: str
    repository: Repository
    namespace: str
    backend: str = ""
    organization: str = "organization"
    image: str = ""
    resync: int = 300
    secrets_provider: str = ""
    variables: tuple[str, ...] = ()


def files(catalog: Catalog, wanted: Wanted) -> dict[str, list[dict[str, Any]]]:
    """The documents of an environment, by name of the file that they belong in; with a kustomization of all of them.

    Raises:
        InvalidDocuments: the environment cannot be cut into stacks.
    """
    cut = shards.cut(catalog)
    out: dict[str, list[dict[str, Any]]] = {"account.yaml": [*_account(catalog.name, wanted)]}
    if wanted.repository.flux:
        out["source.yaml"] = [_source(catalog.name, wanted)]
    for shard in cut:
        out[f"stack-{name_of(shard.stack)}.yaml"] = [_stack(catalog, shard, wanted)]
    kustomization = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": sorted(out)}
    return {"kustomization.yaml": [kustomization], **out}


def name_of(stack: str) -> str:
    """Name of a stack's document: the operator makes a Service and pods of it, so it has neither dots nor any length."""
    text = stack.replace(".", "-")
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST - 7].rstrip('-')}-{hashlib.sha256(stack.encode()).hexdigest()[:6]}"


def secret_of(environment: str) -> str:
    """The Secret that the environment's variables and kubeconfig are read from; whoever runs the operator makes it."""
    return f"transom-{environment}"


def variables(wanted: Wanted) -> tuple[str, ...]:
    """Variables whose values the Secret must hold."""
    return (*(() if wanted.secrets_provider else (PASSPHRASE,)), *wanted.variables)


def needs_kubeconfig(catalog: Catalog) -> bool:
    """Whether any cluster of the environment is reached by a context."""
    return any(cluster.document.spec.existing for cluster in catalog.clusters.values())


def healing(catalog: Catalog) -> bool:
    """Whether the environment asks that what was changed by hand is put back: only then a resync reads the live state before it applies."""
    return bool(catalog.environment.document.spec.sync.self_heal)


def exceptions(catalog: Catalog) -> tuple[str, ...]:
    """Applications that say otherwise of `selfHeal` than their environment, which a Stack cannot tell apart."""
    own = healing(catalog)
    return tuple(name for name, entry in catalog.applications.items() if entry.document.spec.sync.self_heal not in (None, own))


def _account(environment: str, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Whom the workspaces run as: they may ask the API server who speaks to them (docs/migration.md of the operator), and nothing else.

    What they do to clusters they do by the kubeconfig of the Secret, which the kubelet gives them.
    """
    account = secret_of(environment)
    yield {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": account, "namespace": wanted.namespace, "labels": _labels(environment)},
    }
    yield {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"{wanted.namespace}:{account}:system:auth-delegator", "labels": _labels(environment)},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:auth-delegator"},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": wanted.namespace}],
    }


def _source(environment: str, wanted: Wanted) -> dict[str, Any]:
    repository = wanted.repository
    ref = {"commit": repository.commit} if repository.commit else {"branch": repository.branch}
    secret = {"secretRef": {"name": repository.secret}} if repository.secret else {}
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": secret_of(environment), "namespace": wanted.namespace, "labels": _labels(environment)},
        "spec": {"url": repository.url, "ref": ref, "interval": f"{wanted.resync}s", **secret},
    }


def _stack(catalog: Catalog, shard: Shard, wanted: Wanted) -> dict[str, Any]:
    secret = secret_of(catalog.name)
    spec: dict[str, Any] = {
        "stack": f"{wanted.organization}/{wanted.project}/{shard.stack}",
        **({"backend": wanted.backend} if wanted.backend else {}),
        **({"secretsProvider": wanted.secrets_provider} if wanted.secrets_provider else {}),
        **_code(catalog.name, wanted),
        "serviceAccountName": secret,
        # A commit of a source moves without one of the project, so a run at the same commit is no run too many.
        "continueResyncOnCommitMatch": True,
        "resyncFrequencySeconds": wanted.resync,
        "refresh": healing(catalog),
        "destroyOnFinalize": False,
        "retryOnUpdateConflict": True,
        "retryMaxBackoffDurationSeconds": 1800,
        "envRefs": {name: {"type": "Secret", "secret": {"name": secret, "key": name}} for name in sorted(variables(wanted))},
        "workspaceTemplate": {"spec": _workspace(catalog, wanted, secret)},
    }
    if needs_kubeconfig(catalog):
        spec["envRefs"]["KUBECONFIG"] = {"type": "Literal", "literal": {"value": f"{_MOUNT}/{KUBECONFIG_KEY}"}}
    if shard.needs:
        spec["prerequisites"] = [{"name": name_of(one)} for one in shard.needs]
    labels = {**_labels(catalog.name), **({"transom.dev/tenant": shard.tenant} if shard.tenant else {})}
    metadata = {"name": name_of(shard.stack), "namespace": wanted.namespace, "labels": labels}
    return {"apiVersion": "pulumi.com/v1", "kind": "Stack", "metadata": metadata, "spec": spec}


def _code(environment: str, wanted: Wanted) -> dict[str, Any]:
    """Where the program is read from."""
    repository = wanted.repository
    folder = repository.folder.strip("/")
    if repository.flux:
        reference = {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "name": secret_of(environment)}
        return {"fluxSource": {"sourceRef": reference, **({"dir": folder} if folder else {})}}
    out: dict[str, Any] = {"projectRepo": repository.url, **({"repoDir": folder} if folder else {}), "shallow": True}
    out |= {"commit": repository.commit} if repository.commit else {"branch": repository.branch}
    if repository.secret:
        over_https = repository.url.startswith("https://")
        key = "accessToken" if over_https else "sshPrivateKey"
        kept = {"type": "Secret", "secret": {"name": repository.secret, "key": key}}
        out["gitAuth"] = {"accessToken": kept} if over_https else {"sshAuth": {"sshPrivateKey": kept}}
    return out


def _workspace(catalog: Catalog, wanted: Wanted, secret: str) -> dict[str, Any]:
    out: dict[str, Any] = {"securityProfile": "restricted", **({"image": wanted.image} if wanted.image else {})}
    if needs_kubeconfig(catalog):
        mount = {"name": "kubeconfig", "mountPath": _MOUNT, "readOnly": True}
        items = [{"key": KUBECONFIG_KEY, "path": KUBECONFIG_KEY}]
        volume = {"name": "kubeconfig", "secret": {"secretName": secret, "items": items}}
        out["podTemplate"] = {"spec": {"containers": [{"name": "pulumi", "volumeMounts": [mount]}], "volumes": [volume]}}
    return out


def _labels(environment: str) -> dict[str, str]:
    return {**_MANAGED, "transom.dev/environment": environment}
