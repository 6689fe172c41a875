"""Tables of the schemas that are kept: versions of Kubernetes, and groups of custom resources."""

from __future__ import annotations

from transom.apischema import packs


def kubernetes() -> str:
    """The versions of Kubernetes, the newest first."""
    lines = ["| version | from | kinds |", "|---|---|---|"]
    for version in packs.versions():
        pack = packs.kubernetes(version)
        lines.append(f"| {version} | {pack.about} | {sum(map(len, pack.kinds.values()))} |")
    return "\n".join(lines) + "\n"


def custom() -> str:
    """The groups of custom resources."""
    lines = ["| group | from | kinds |", "|---|---|---|"]
    for group in packs.groups():
        pack = packs.custom(group)
        names = sorted({kind for named in pack.kinds.values() for kind in named}) if pack else []
        lines.append(f"| `{group}` | {pack.about if pack else ''} | {', '.join(names)} |")
    return "\n".join(lines) + "\n"
