"""Documents that were written to hurt a reader: each by the name of what it does."""

from __future__ import annotations

from collections.abc import Mapping


def _config_map(more: bytes) -> bytes:
    return b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n" + more


def _pod(more: bytes) -> bytes:
    return b"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: b, " + more + b"}]}\n"


def _cron_job(schedule: bytes) -> bytes:
    template = b"{spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}"
    spec = b'{schedule: "' + schedule + b'", jobTemplate: {spec: {template: ' + template + b"}}}"
    return b"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec: " + spec + b"\n"


_SCHEMAS = (
    '{type: string, pattern: "(a+)+$"}', "{type: 5}", "{type: made-up}", "{properties: 5, required: 5, enum: 5, items: 5}",
    '{type: integer, minimum: "x", maximum: []}', "{type: array, maxItems: x, items: {type: string}, x-kubernetes-list-type: map}",
    "{type: array, items: {type: object}, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: 7}",
    "{type: object, anyOf: 7, not: 8}",
    "{type: string, enum: [[1]], format: [1]}", "{type: string, pattern: 7}", "{type: [string]}", "{type: string, minLength: a}",
    "{type: object, minProperties: b, required: [[1], 2]}", '{type: string, pattern: "("}', "{x-kubernetes-int-or-string: x}",
    "{type: object, additionalProperties: [1]}", "{type: array, items: [1]}", "{default: {a: 1}, type: integer}",
    "{type: number, multipleOf: 0}",
)  # fmt: skip
_VALUES = ("a" * 60 + "!", "1", "{x: 1}", "[1]", "[a, a, {x: 1}, null]", "null", "true", "1.5")


def _definition() -> bytes:
    """A definition whose schemas are wrong in every word, and objects of it."""
    fields = "\n".join(f"          f{index}: {schema}" for index, schema in enumerate(_SCHEMAS))
    head = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.a.b}\nspec:\n  group: a.b\n"
        "  scope: Namespaced\n  names: {kind: X, plural: xs}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n"
        "    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n"
    )
    objects = "".join(
        f"---\napiVersion: a.b/v1\nkind: X\nmetadata: {{name: x{number}}}\n"
        + "".join(f"f{index}: {value}\n" for index in range(len(_SCHEMAS)))
        for number, value in enumerate(_VALUES)
    )
    return f"{head}{fields}\n{objects}".encode()


HORRORS: Mapping[str, bytes] = {
    "brackets": b"a: " + b"[" * 100_000,
    "brackets, closed": b"a: " + b"[" * 20_000 + b"]" * 20_000,
    "braces": b"{a: " * 20_000,
    "stairs": "".join(f"{' ' * level}a:\n" for level in range(2000)).encode(),
    "hyphens": b"- " * 50_000 + b"a",
    "aliases": b"a: &a [1]\n" + b"".join(b"b%d: *a\n" % number for number in range(100_000)),
    "alias bomb": b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)),
    "merge bomb": b"a0: &a0 {x: 1}\n"
    + b"".join(b"a%d: &a%d {<<: [%s]}\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)),
    "merge chain": b"a0: &a0 {x0: 1}\n" + b"".join(b"a%d: &a%d {<<: *a%d, x%d: 1}\n" % (n, n, n - 1, n) for n in range(1, 3000)),
    "merges itself": b"a: &a\n  <<: *a\n",
    "contains itself": b"a: &a [*a]\n",
    "anchor twice": b"a: &a 1\nb: &a 2\nc: *a\n",
    "long key": _config_map(b"k" * 1_000_000 + b": 1\n"),
    "long key of ours": b"apiVersion: transom.dev/v1\nkind: Tenant\nmetadata: {name: x}\nspec:\n  " + b"k" * 1_000_000 + b": 1\n",
    "many fields of ours": b"apiVersion: transom.dev/v1\nkind: Tenant\nmetadata: {name: x}\nspec:\n"
    + b"".join(b"  k%d: 1\n" % n for n in range(50_000)),
    "long kind": b"apiVersion: apps/v1\nkind: " + b"D" * 1_000_000 + b"\nmetadata: {name: x}\n",
    "long kind of ours": b"apiVersion: transom.dev/v1\nkind: " + b"D" * 1_000_000 + b"\nmetadata: {name: x}\n",
    "long version": b"apiVersion: " + b"a" * 100_000 + b"/v1\nkind: D\nmetadata: {name: x}\n",
    "long group": b"apiVersion: a." + b"a" * 100_000 + b"/v1\nkind: D\nmetadata: {name: x}\n",
    "long label": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {a: " + b"x." * 200_000 + b"}}\n",
    "long name": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + b"a-" * 200_000 + b"}\n",
    "long name of ours": b"apiVersion: transom.dev/v1\nkind: Tenant\nmetadata: {name: " + b"a" * 100_000 + b"}\nspec: {namespaces: [x]}\n",
    "long word": b"apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {type: " + b"L" * 1_000_000 + b", ports: [{port: 1}]}\n",
    "many ports": b"apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec:\n  ports:\n" + b"  - {port: 1}\n" * 50_000,
    "many variables": _pod(b"env: [" + b"{name: a, value: 1}, " * 40_000 + b"]"),
    "many documents": b"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: 1}\n" * 5_000,
    "many nothings": b"---\na: 1\n" * 20_000,
    "many lists": b"---\n- 1\n" * 20_000,
    "quantities": _pod(b'resources: {limits: {cpu: "' + b"9" * 1_000_000 + b'", memory: 1e99999999999}}'),
    "a late schedule": _cron_job(b"9" * 5000 + b" * * * *"),
    "a long schedule": _cron_job(b"1," * 100_000 + b"1 * * * *"),
    "digits": b"apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: " + b"9" * 5000 + b"}]}\n",
    "floats": b"apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 1e300}, {port: 1e400}, {port: -.inf}]}\n",
    "backtracking": _config_map(b"").replace(b"name: x", b"name: " + b"a" * 240 + b"!"),
    "wrong definitions": _definition(),
    "crlf": _config_map(b"dta: {}\n").replace(b"\n", b"\r\n"),
    "cr": _config_map(b"dta: {}\n").replace(b"\n", b"\r"),
    "utf-16": "apiVersion: v1\n".encode("utf-16"),
    "latin-1": b"a: \xe4\xf6\xfc\n",
    "bom": b"\xef\xbb\xbf" + _config_map(b"dta: {}\n"),
    "bom inside": _config_map(b"\xef\xbb\xbfdta: {}\n"),
    "nul": b"a: \x00\n",
    "bell": b"a: \x07\n",
    "nothing": b"",
    "a comment": b"# x",
    "an end": b"...\n",
    "a beginning": b"---",
    "surrogate": b'a: "\\ud800"\n',
    "surrogates in a manifest": _config_map(b'data: {a: "\\ud83d"}\n"\\udc00": 1\n'),
    "beyond Unicode": b'a: "\\U00110000"\n',
    "tab": b"a:\n\t- b\n",
    "right to left": _config_map("\u202edta: {}\n".encode()),
    "line separators": _config_map("dta: a\u2028b\u2029c\x85d\n".encode()),
}
