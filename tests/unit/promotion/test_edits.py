"""A file's text gets the new value and keeps every other sign."""

from __future__ import annotations

import pytest

from transom.promotion import edits
from transom.promotion.lacks import Image, Value

DIGEST = f"sha256:{'a' * 64}"
SITE = Image("platform", "applications/site/overlays/production/kustomization.yaml", "registry.example.com/site", tag="2.1.0")

CASES = {
    "no images yet": (
        "resources:\n  - ../../base  # shared\n",
        "resources:\n  - ../../base  # shared\nimages:\n  - name: registry.example.com/site\n    newTag: 2.1.0\n",
    ),
    "no newline at the end": (
        "resources: [../../base]",
        "resources: [../../base]\nimages:\n  - name: registry.example.com/site\n    newTag: 2.1.0\n",
    ),
    "a tag, with quotes and a comment": (
        "images:\n- name: registry.example.com/site\n  newTag: '2.0.1'   # as agreed\nreplicas: []\n",
        "images:\n- name: registry.example.com/site\n  newTag: '2.1.0'   # as agreed\nreplicas: []\n",
    ),
    "another image before it": (
        "images:\n  - {name: other, newTag: v1}\n  - {name: registry.example.com/site, newTag: 2.0.1}\n",
        "images:\n  - {name: other, newTag: v1}\n  - {name: registry.example.com/site, newTag: 2.1.0}\n",
    ),
    "only another image, and text behind": (
        "images:\n  - name: other\n    newTag: v1\n\n# what follows\nreplicas:\n  - {name: site, count: 3}\n",
        (
            "images:\n  - name: other\n    newTag: v1\n  - name: registry.example.com/site\n    newTag: 2.1.0\n"
            "\n# what follows\nreplicas:\n  - {name: site, count: 3}\n"
        ),
    ),
    "in one line": (
        "images: [{name: other, newTag: v1}]\n",
        "images: [{name: other, newTag: v1}, {name: registry.example.com/site, newTag: 2.1.0}]\n",
    ),
    "renamed there": (
        "images:\n  - name: site\n    newName: registry.example.com/site\n    newTag: 2.0.1\n",
        "images:\n  - name: site\n    newName: registry.example.com/site\n    newTag: 2.1.0\n",
    ),
    "a digest until now": (
        f"images:\n  - name: registry.example.com/site\n    digest: {DIGEST}\n",
        "images:\n  - name: registry.example.com/site\n    newTag: 2.1.0\n",
    ),
    "renamed only": (
        "images:\n  - name: site\n    newName: registry.example.com/site\n",
        "images:\n  - name: site\n    newName: registry.example.com/site\n    newTag: 2.1.0\n",
    ),
}


@pytest.mark.parametrize("before, after", CASES.values(), ids=CASES.keys())
def test_images(before: str, after: str) -> None:
    """The image's tag is the new one, wherever and however it was written; doing it twice changes nothing more."""
    assert edits.image(before, SITE) == after
    assert edits.image(after, SITE) == after


def test_what_looks_like_a_number_is_quoted() -> None:
    """A tag such as 1.10 is text."""
    text = edits.image("resources: []\n", Image("platform", "k.yaml", "site", tag="1.10"))
    assert 'newTag: "1.10"' in text


@pytest.mark.parametrize("text", ["- a\n", "{images: []}\n", "images: {a: b}\n", "a: 1\n---\nb: 2\n", "a: [\n"])
def test_images_not_understood(text: str) -> None:
    """What is no kustomization in blocks is left to a person."""
    with pytest.raises(edits.NotUnderstood):
        edits.image(text, SITE)


def test_values() -> None:
    """The scalar at the place is another one; quotes, comments and what else has the same text stay."""
    text = 'a: v1.4.0\nspec:\n  sources:\n    - targetRevision: "v1.4.0"  # held\n'
    edit = Value("", "environments/production.yaml", 4, 23, "v1.4.0", "v1.5.0")
    assert edits.value(text, edit) == 'a: v1.4.0\nspec:\n  sources:\n    - targetRevision: "v1.5.0"  # held\n'
    with pytest.raises(edits.NotUnderstood, match=r"production\.yaml:4:23"):
        edits.value(text.replace("v1.4.0", "v1.4.1"), edit)
