"""Secrets in plain text where nobody calls them so: found at their line, never repeated, and nothing else taken for one."""

# ruff: noqa: E501 - the tables have one case per line

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests import repository
from tests.repository import APPLICATION, BASIC, CONFIG_MAP

KEY = "-----BEGIN RSA " + "PRIVATE KEY-----"
GITHUB = "ghp_" + "a1B2" * 9
AWS = "AKIA" + "Z7Q2" * 4
SEALED = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: s}\nspec:\n  encryptedData:\n    PASSWORD: "
PROPER = base64.b64encode((512).to_bytes(2, "big") + bytes(512 + 20)).decode()

FOUND = [
    ("a private key", CONFIG_MAP + f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b}}\ndata:\n  key.pem: |\n    {KEY}\n    MIIE\n", 10, "a private key"),
    ("an AWS key in a variable", f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n    - name: p\n      image: p:1\n      env:\n        - name: ID\n          value: {AWS}\n", 10, "an AWS access key"),
    ("a token in an address", f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\ndata:\n  url: https://x:{GITHUB}@github.example.com/\n", 6, "a GitHub token"),
    ("a token in an annotation", f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n  annotations:\n    a: glpat-{'x1' * 10}\n", 6, "a GitLab token"),
    ("an unsealed value", SEALED + "hunter2\n", 6, "spec.encryptedData.PASSWORD is not sealed"),
    ("base64 is not sealed", SEALED + base64.b64encode(b"hunter2" * 60).decode() + "\n", 6, "is not sealed"),
]  # fmt: skip


@pytest.mark.parametrize("text, line, said", [one[1:] for one in FOUND], ids=[one[0] for one in FOUND])
def test_found(tmp_path: Path, text: str, line: int, said: str) -> None:
    """Each shape is told once, at its line, and its value is in no message."""
    [problem] = [
        one for one in repository.problems(tmp_path, {**BASIC, "applications/shop/x.yaml": text}) if one.reason == "PlaintextSecret"
    ]
    assert (problem.where.path, problem.where.line) == ("applications/shop/x.yaml", line)
    assert said in problem.message
    assert not any(value in str(problem) for value in (KEY, GITHUB, AWS, "hunter2"))


def test_in_a_document_of_ours(tmp_path: Path) -> None:
    """Values of a chart are looked at as well."""
    files = {**BASIC, "applications/shop/application.yaml": APPLICATION + f"  helm: {{chart: c, values: {{token: {GITHUB}}}}}\n"}
    found = [one for one in repository.problems(tmp_path, files) if one.reason == "PlaintextSecret"]
    assert [str(one.where) for one in found] == ["applications/shop/application.yaml:7:36"]


INNOCENT = [
    ("what AWS writes in its own pages", "AKIAIOSFODNN7EXAMPLE"),
    ("a public key", "-----BEGIN PUBLIC KEY-----"),
    ("a certificate", "-----BEGIN CERTIFICATE-----"),
    ("a digest", "sha256:" + "ab" * 32),
    ("base64", base64.b64encode(bytes(range(200))).decode()),
    ("a word with the beginning of one", "ghp_short and AKIA and xoxb-none"),
    ("a name", "sk_live_key_rotation_policy"),
]


@pytest.mark.parametrize("text", [one[1] for one in INNOCENT], ids=[one[0] for one in INNOCENT])
def test_innocent(tmp_path: Path, text: str) -> None:
    """What looks like one only from afar is passed over."""
    other = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b}}\ndata: {{a: '{text}'}}\n"
    assert repository.problems(tmp_path, {**BASIC, "applications/shop/x.yaml": other}) == ()


def test_what_is_sealed_may_stand_there(tmp_path: Path) -> None:
    """A value of the length and the form that a sealed one has."""
    assert repository.problems(tmp_path, {**BASIC, "applications/shop/x.yaml": SEALED + PROPER + "\n"}) == ()
