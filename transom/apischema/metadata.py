"""Names, labels and annotations: the rules that every object's metadata is under.

Sources: Kubernetes, "Object Names and IDs", "Labels and Selectors", "Annotations"; k8s.io/kubernetes pkg/apis/*/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from transom.apischema import formats
from transom.apischema.findings import Finding, shown
from transom.apischema.parts import Part

_MOST_ANNOTATIONS = 256 * 1024
"""Bytes of all keys and values together."""
_LONGEST_CRON_JOB = 52
"""Characters: its jobs get eleven more."""

Grammar = Callable[[str], str | None]

_NAMES: Mapping[tuple[str, str], Grammar] = {
    ("", "Namespace"): formats.label,
    ("", "Service"): formats.label,
    **dict.fromkeys(
        [("rbac.authorization.k8s.io", kind) for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")], formats.path_segment
    ),
}
_FREE = frozenset(
    {
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("certificates.k8s.io", "ClusterTrustBundle"),
        ("networking.k8s.io", "IPAddress"),
    }
)
"""Kinds whose names follow rules of their own."""


def check(data: Part, group: str, kind: str) -> Iterator[Finding]:
    """What is wrong with an object's own metadata."""
    metadata = data.part("metadata")
    name = metadata.text("name")
    if name and (group, kind) not in _FREE and (expected := _NAMES.get((group, kind), formats.subdomain)(name)):
        yield metadata.wrong("name", f"{{}} {shown(name)} is not valid for a {kind}", f"write {expected}")
    elif (group, kind) == ("batch", "CronJob") and len(name) > _LONGEST_CRON_JOB:
        yield metadata.wrong("name", f"{{}} {shown(name)} is too long for a CronJob", f"write at most {_LONGEST_CRON_JOB} characters")
    namespace = metadata.text("namespace")
    if namespace and (expected := formats.label(namespace)):
        yield metadata.wrong("namespace", f"{{}} {shown(namespace)} is not valid", f"write {expected}")
    yield from of_template(metadata)


def of_template(metadata: Part) -> Iterator[Finding]:
    """What is wrong with the annotations of an object or of a template for objects."""
    annotations = metadata.part("annotations")
    size = 0
    for key, value in metadata.texts("annotations"):
        size += len(key.encode()) + len(value.encode(errors="replace"))
        if expected := formats.label_key(key.lower()):
            yield annotations.wrong(key, f"annotation {shown(key)} is not a valid key", f"write {expected}", of_key=True)
    if size > _MOST_ANNOTATIONS:
        yield metadata.wrong("annotations", f"{{}} have {size} bytes", f"{_MOST_ANNOTATIONS} are the most", reason="TooLarge")


_WITH_VALUES = ("In", "NotIn")
_WITHOUT_VALUES = ("Exists", "DoesNotExist")


def selector(part: Part) -> Iterator[Finding]:
    """What is wrong with the expressions of a label selector; its keys and values are held to their schema."""
    for expression in part.parts("matchExpressions"):
        yield from _values(expression)


def node_selector(term: Part) -> Iterator[Finding]:
    """What is wrong with the expressions of a node selector's term."""
    for expression in (*term.parts("matchExpressions"), *term.parts("matchFields")):
        yield from _values(expression)
        if expression.text("operator") in ("Gt", "Lt") and len(expression.list("values")) != 1:
            yield expression.wrong("values", "{} must hold one number", 'e.g. values: ["3"]')
    for expression in term.parts("matchExpressions"):
        key = expression.text("key")
        if key and (expected := formats.label_key(key)):
            yield expression.wrong("key", f"{{}} {shown(key)} is not a valid key", f"write {expected}")


def _values(expression: Part) -> Iterator[Finding]:
    operator, values = expression.text("operator"), expression.list("values")
    if operator in _WITH_VALUES and not values:
        yield expression.lacks("values", f"operator {operator} compares with a list of values")
    elif operator in _WITHOUT_VALUES and values:
        message = f"{{}} does not go with operator {operator}"
        yield expression.wrong("values", message, "remove it", reason="ConflictingFields", of_key=True)


def selects(part: Part, given: Mapping[str, object]) -> bool:
    """Whether a label selector chooses what carries these labels; what is malformed in it chooses everything."""
    for key, value in part.texts("matchLabels"):
        if given.get(key) != value:
            return False
    return all(_expressed(one, given) for one in part.parts("matchExpressions"))


def _expressed(expression: Part, given: Mapping[str, object]) -> bool:
    key, values = expression.text("key"), expression.list("values")
    match expression.text("operator"):
        case "In":
            return given.get(key) in values
        case "NotIn":
            return given.get(key) not in values
        case "Exists":
            return key in given
        case "DoesNotExist":
            return key not in given
        case _:
            return True
