"""`python -m sandbox.apidata kubernetes [VERSION…]`, `python -m sandbox.apidata custom`: write the schemas that Transom keeps.

`kubernetes` without a version asks the API server of the running sandbox (`transom sandbox up`); with versions (`1.35.3`) it reads the
sources of those releases, and completes them by the newest version that is kept. `custom` reads the modules that `custom.py` names. Both
need Go for the modules.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox import lifecycle
from sandbox.apidata import custom, likened, origins, refinements
from sandbox.apidata.origins import Group, Origin
from sandbox.errors import SandboxError
from transom.apischema import definitions, nodes, packs
from transom.apischema.nodes import OpenApi, Table
from transom.apischema.packs import FOLDER, Kind, Pack

_GVK = "x-kubernetes-group-version-kind"
_OFF = "is switched off unless the API server was started with it"


def kubernetes(origin: Origin) -> Pack:
    """The pack of a Kubernetes API: every kind that is kept (it can be created and read back)."""
    table = Table()
    found: dict[str, dict[str, Kind]] = defaultdict(dict)
    for group in origin.groups:
        schemas = OpenApi(group.schemas, table, refinements.refined)
        names = _names(group)
        for resource in group.resources:
            kind = resource["kind"]
            if "/" in resource["name"] or not {"create", "get"} <= set(resource["verbs"]) or kind not in names:
                continue
            status = any(other["name"] == f"{resource['name']}/status" for other in group.resources)
            note = _OFF if group.api_version in origin.off else ""
            found[group.api_version][kind] = Kind(schemas.named(names[kind]), resource["namespaced"], status=status, note=note)
    return _compact(Pack(origin.about, found, table.nodes))


def _names(group: Group) -> dict[str, str]:
    """The schema's name of each kind of a group version."""
    group_name, _, version = group.api_version.rpartition("/")
    return {
        one["kind"]: name
        for name, schema in group.schemas.items()
        for one in schema.get(_GVK, ())
        if (one["group"], one["version"]) == (group_name, version)
    }


def _compact(pack: Pack) -> Pack:
    """The same with the nodes that are used, each once: types that every group version repeats are one."""
    merged = Table()
    numbers = _merged(pack.nodes, merged)
    roots = {f"{version} {name}": numbers[kind.node] for version, named in pack.kinds.items() for name, kind in named.items()}
    kept, renumbered = nodes.used(merged.nodes, roots)
    kinds = {
        version: {
            name: Kind(renumbered[f"{version} {name}"], kind.namespaced, kind.custom, kind.status, kind.note)
            for name, kind in named.items()
        }
        for version, named in pack.kinds.items()
    }
    return Pack(pack.about, kinds, kept)


def _merged(old: Sequence[nodes.Node], table: Table) -> list[int]:
    """Puts nodes together until none are alike; gives the new number of each old one. Those in a circle stay apart."""
    numbers = list(range(len(old)))
    alike = True
    current = list(old)
    while alike:
        first: dict[str, int] = {}
        step = []
        for index, node in enumerate(current):
            step.append(first.setdefault(_key(node), index))
        alike = any(new != index for index, new in enumerate(step) if numbers[index] == index)
        numbers = [step[number] for number in numbers]
        current = [_with(node, numbers) for node in old]
    table.nodes.extend(current)
    return numbers


def _key(node: nodes.Node) -> str:
    return json.dumps(node, sort_keys=True)


def _with(node: nodes.Node, numbers: Sequence[int]) -> nodes.Node:
    return nodes.renumbered(node, dict(enumerate(numbers)))


def well_known() -> Mapping[str, Pack]:
    """The packs of well-known custom resources by group."""
    found: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for project in custom.PROJECTS:
        for definition in project.definitions():
            found.setdefault(definition["spec"]["group"], {}).setdefault(project.about, []).append(definition)
    return {
        group: _compact(
            definitions.pack((one for documents in by_project.values() for one in documents), ", ".join(by_project), unserved=True)
        )
        for group, by_project in found.items()
    }


def _write(name: str, pack: Pack) -> None:
    content = packs.dumps(pack)
    (FOLDER / f"{name}.json.gz").write_bytes(content)
    kinds = sum(map(len, pack.kinds.values()))
    sys.stdout.write(
        f"{name}: {pack.about}; {kinds} kinds, {len(pack.nodes)} nodes, {len(packs.text(pack))} bytes, {len(content)} packed\n"
    )


def main(arguments: list[str]) -> int:
    """Exit code 0 when everything was written."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.apidata", description=__doc__)
    parser.add_argument("what", choices=("kubernetes", "custom"))
    parser.add_argument("version", nargs="*", help="releases of Kubernetes; none: the sandbox's API server")
    asked = parser.parse_args(arguments)
    FOLDER.mkdir(exist_ok=True)
    try:
        if asked.what == "custom":
            for group, pack in sorted(well_known().items()):
                _write(f"custom-{group}", pack)
            return 0
        found = [origins.of_release(version) for version in asked.version] or [
            origins.of_server(lifecycle.cluster_of(None, "dev").client())
        ]
        for origin in found:
            pack = kubernetes(origin)
            if asked.version:
                pack = _compact(likened.liken(pack, packs.kubernetes(packs.versions()[0])))
            _write(f"kubernetes-{packs.minor(origin.version)}", pack)
    except SandboxError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
