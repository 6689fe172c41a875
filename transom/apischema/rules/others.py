"""Roles, storage, quotas, configuration, and definitions of custom resources."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from transom.apischema import formats, metadata
from transom.apischema.findings import Finding, dotted, shown
from transom.apischema.parts import Part, Rules

_LARGEST_CONFIG = 1024 * 1024
"""Bytes of a ConfigMap's data."""
_RBAC = "rbac.authorization.k8s.io"
_MOST_PRIORITY = 1_000_000_000


def _role(data: Part) -> Iterator[Finding]:
    for rule in data.parts("rules"):
        if rule.list("nonResourceURLs"):
            if data.text("kind") == "Role":
                yield rule.wrong("nonResourceURLs", "{} can be allowed by a ClusterRole only", "remove them", of_key=True)
            elif rule.list("resources") or rule.list("apiGroups"):
                yield rule.wrong(
                    "nonResourceURLs", "{} does not go with resources", "write two rules", reason="ConflictingFields", of_key=True
                )
        else:
            for name, hint in (("apiGroups", 'the core group is ""'), ("resources", "e.g. configmaps")):
                if not rule.list(name) and (not rule.has(name) or rule.get(name) == []):
                    yield rule.lacks(name, hint)


def _binding(data: Part) -> Iterator[Finding]:
    role = data.part("roleRef")
    if role.text("kind") and role.text("kind") not in ("Role", "ClusterRole"):
        yield role.wrong("kind", f"{{}} {shown(role.text('kind'))} is not allowed", "write Role or ClusterRole")
    elif role.text("kind") == "Role" and data.text("kind") == "ClusterRoleBinding":
        yield role.wrong("kind", "{} Role cannot be bound in the whole cluster", "bind a ClusterRole, or write a RoleBinding")
    if role.text("apiGroup") not in ("", _RBAC):
        yield role.wrong("apiGroup", f"{{}} {shown(role.text('apiGroup'))} is not allowed", f"write {_RBAC}")
    for subject in data.parts("subjects"):
        yield from _subject(subject, everywhere=data.text("kind") == "ClusterRoleBinding")


def _subject(subject: Part, *, everywhere: bool) -> Iterator[Finding]:
    kind, group, name = subject.text("kind"), subject.text("apiGroup"), subject.text("name")
    if kind == "ServiceAccount":
        if everywhere and not subject.text("namespace"):
            yield subject.lacks("namespace", "a ServiceAccount is told apart by its namespace")
        if group:
            yield subject.wrong("apiGroup", f"{{}} {shown(group)} is not that of a ServiceAccount", "leave it out")
        if name and (expected := formats.subdomain(name)):
            yield subject.wrong("name", f"{{}} {shown(name)} is not valid", f"write {expected}")
    elif kind in ("User", "Group"):
        if group not in ("", _RBAC):
            yield subject.wrong("apiGroup", f"{{}} {shown(group)} is not that of a {kind}", f"write {_RBAC}")
    elif kind:
        yield subject.wrong("kind", f"{{}} {shown(kind)} is not allowed", "write ServiceAccount, User or Group")


def _config(data: Part) -> Iterator[Finding]:
    texts, binary = data.part("data"), data.part("binaryData")
    size = sum(len(value.encode(errors="replace")) for value in (*texts.data.values(), *binary.data.values()) if isinstance(value, str))
    if size > _LARGEST_CONFIG:
        yield data.wrong("data", f"{{}} has {size} bytes", f"{_LARGEST_CONFIG} are the most", reason="TooLarge")
    for part in (texts, binary, data.part("stringData")):
        for key in part.data:
            if expected := formats.config_key(key):
                yield part.wrong(key, "{} is not a valid key", f"write {expected}", of_key=True)
    for key in binary.data:
        if key in texts.data:
            yield binary.wrong(key, "{} stands in data, too", "remove one of the two", reason="DuplicateEntry", of_key=True)


def _claim(spec: Part) -> Iterator[Finding]:
    requests = spec.part("resources", "requests")
    size = requests.get("storage")
    if size is None and isinstance(spec.part("resources").get("requests"), dict):
        yield requests.lacks("storage", "say how much is wanted, e.g. 10Gi")
    elif (amount := formats.quantity(size)) is not None and amount <= 0:
        yield requests.wrong("storage", f"{{}} {size} is nothing", "write an amount above 0")
    yield from metadata.selector(spec.part("selector"))


_NO_SOURCES = frozenset(
    {
        "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy", "storageClassName",
        "volumeAttributesClassName", "volumeMode",
    }
)  # fmt: skip


def _volume(data: Part) -> Iterator[Finding]:
    spec = data.part("spec")
    sources = tuple(name for name in spec.data if name not in _NO_SOURCES)
    if isinstance(data.get("spec"), dict) and not any(spec.has(name) for name in sources):
        yield Finding(spec.path, "MissingField", "spec says not what the volume is", "e.g. nfs, csi or local")
    yield from spec.at_most_one(sources, "source")
    if spec.has("local") and not spec.part("nodeAffinity").has("required"):
        yield spec.lacks("nodeAffinity", "a local volume says on which node it lies")
    for term in spec.part("nodeAffinity", "required").parts("nodeSelectorTerms"):
        yield from metadata.node_selector(term)
    capacity = spec.part("capacity")
    if isinstance(spec.get("capacity"), dict) and not capacity.has("storage"):
        yield capacity.lacks("storage", "e.g. 10Gi")


def _claims(data: Part) -> Iterator[Finding]:
    for claim in data.part("spec").parts("volumeClaimTemplates"):
        yield from _claim(claim.part("spec"))


def _priority(data: Part) -> Iterator[Finding]:
    if not data.part("metadata").text("name").startswith("system-"):
        yield from data.within("value", -(2**31), _MOST_PRIORITY)


_ASCENDING = ("min", "defaultRequest", "default", "max")


def _limits(data: Part) -> Iterator[Finding]:
    for limit in data.part("spec").parts("limits"):
        for below, above in pairwise(_ASCENDING):
            for lower, upper in ((below, above), *(((below, "max"),) if above != "max" else ())):
                yield from _ascending(limit, lower, upper)


def _ascending(limit: Part, lower: str, upper: str) -> Iterator[Finding]:
    for name, value in limit.part(lower).data.items():
        most = limit.part(upper).get(name)
        amount, bound = formats.quantity(value), formats.quantity(most)
        if amount is not None and bound is not None and amount > bound:
            message = f"{{}} {value} is more than {upper} {most}"
            yield limit.part(lower).wrong(name, message, f"write at most {most}", reason="ConflictingFields")


def _webhooks(data: Part) -> Iterator[Finding]:
    for webhook in data.parts("webhooks"):
        if isinstance(webhook.get("clientConfig"), dict):
            yield from webhook.part("clientConfig").one_of(("service", "url"), "target")
        yield from metadata.selector(webhook.part("namespaceSelector"))
        yield from metadata.selector(webhook.part("objectSelector"))


def _quota(data: Part) -> Iterator[Finding]:
    hard = data.part("spec", "hard")
    for name, value in hard.data.items():
        amount = formats.quantity(value)
        if amount is not None and amount < 0:
            yield hard.wrong(name, f"{{}} {value} is less than nothing", "write an amount of 0 or more")


def _definition(data: Part) -> Iterator[Finding]:
    spec, names = data.part("spec"), data.part("spec", "names")
    wanted = f"{names.text('plural')}.{spec.text('group')}"
    name = data.part("metadata").text("name")
    if name and names.text("plural") and spec.text("group") and name != wanted:
        yield data.part("metadata").wrong("name", f"{{}} {shown(name)} is not the plural and the group", f"write {wanted}")
    stored = [version for version in spec.parts("versions") if version.get("storage") is True]
    if spec.parts("versions") and len(stored) != 1:
        yield spec.wrong("versions", f"{{}} has {len(stored)} versions with storage: true", "exactly one version is stored")
    for version in spec.parts("versions"):
        schema = version.part("schema", "openAPIV3Schema")
        if not isinstance(version.part("schema").get("openAPIV3Schema"), dict):
            if not isinstance(version.get("schema"), str | int | list):
                yield version.lacks("schema", "write schema.openAPIV3Schema with at least type: object")
        elif schema.text("type") != "object":
            path = dotted((*schema.path, "type"))
            yield Finding(
                (*schema.path, "type"),
                "InvalidValue" if schema.has("type") else "MissingField",
                f"{path} must be object",
                "write type: object",
            )


RULES: Rules = {
    **{(_RBAC, kind): (_role,) for kind in ("Role", "ClusterRole")},
    **{(_RBAC, kind): (_binding,) for kind in ("RoleBinding", "ClusterRoleBinding")},
    ("", "ConfigMap"): (_config,),
    ("", "Secret"): (_config,),
    ("", "PersistentVolumeClaim"): (lambda data: _claim(data.part("spec")),),
    ("", "PersistentVolume"): (_volume,),
    ("apps", "StatefulSet"): (_claims,),
    ("", "ResourceQuota"): (_quota,),
    ("", "LimitRange"): (_limits,),
    **{("admissionregistration.k8s.io", kind): (_webhooks,) for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")},
    ("scheduling.k8s.io", "PriorityClass"): (_priority,),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (_definition,),
}
