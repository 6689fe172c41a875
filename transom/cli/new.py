"""`transom new`: a commented, valid document in its place."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from transom.catalog.project import Project
from transom.catalog.validate import near
from transom.cli import wiring
from transom.errors import TransomError
from transom.rendering import yamltext
from transom.rendering.units import kustomization_of
from transom.scaffold import kustomization, place, text
from transom.scaffold.place import Wanted
from transom.scaffold.text import LEAST, Owner
from transom.specs import schema
from transom.specs.base import API_VERSION
from transom.specs.kinds import KINDS

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_READ = 10_000
"""Most files that are looked through for a document of the same name."""


@click.command("new")
@click.argument("kind")
@click.argument("name")
@click.option("--app", "application", metavar="APP", default="", help="Put it beside this application, whose tenant it then has.")
@click.option("--tenant", metavar="TENANT", default="", help="The tenant that owns it, or that the application is of.")
@click.option("--env", "environment", metavar="ENV", default="", help="With --app: only in this environment's overlay.")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="The repository's folder; that of the first environment's first directory when left out, else this one.",
)
def command(kind: str, name: str, into: Path | None, **whose: str) -> None:
    """Write a new document of KIND, called NAME, into its place. Asks nothing, overwrites nothing."""
    project = wiring.project()
    wanted = Wanted(_kind(kind), name, whose["application"], whose["tenant"], whose["environment"])
    if not _NAME.fullmatch(name):
        raise click.UsageError(f'"{name}" is no name; write lower case letters, digits and hyphens, at most 63, the first a letter')
    root = into or _root(project)
    _refuse(root, wanted)
    file = project.environments_folder / f"{name}.yaml" if wanted.kind == "Environment" else place.file(root, wanted)
    if file.exists():
        raise click.ClickException(f"{file} is there already, and nothing is overwritten")
    if found := _declared(root, wanted, file.parent):
        raise click.ClickException(f"{wanted.kind} {name} is declared already, in {found}")
    owner = _owner(project, root, wanted)
    listed = _listed(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    schemas = _schema(wanted.kind, file)
    file.write_text(text.of(wanted.kind, name, owner, schemas), encoding="utf-8")
    click.echo(f"wrote {file}")
    if listed is not None:
        listed[0].write_text(listed[1], encoding="utf-8")
        click.echo(f"added it to {listed[0]}")


def _kind(given: str) -> str:
    """The kind that is meant, in whatever case it is written."""
    known = {kind.lower(): kind for kind in KINDS if kind in LEAST}
    word = given.lower()
    found = known.get(word) or known.get(word.removesuffix("s")) or known.get(re.sub(r"ies$", "y", word))
    if found is None:
        raise click.UsageError(
            f"there is no kind {given}; {near(given.capitalize(), known.values()) or 'known are ' + ', '.join(known.values())}"
        )
    return found


def _root(project: Project) -> Path:
    """The user's repository as far as it lies on this disk."""
    for name in project.environments():
        try:
            sources = project.environment(name).document.spec.sources
        except TransomError:
            continue
        for source in sources:
            if source.repo_url is None and (project.root / source.path).is_dir():
                return project.root / source.path
    return project.root


def _refuse(root: Path, wanted: Wanted) -> None:
    """What was said of whose it is must fit the kind, and what it names be there."""
    kind = wanted.kind
    if kind in place.OF_PLATFORM and (wanted.application or wanted.tenant or wanted.environment):
        raise click.UsageError(f"a {kind} belongs to the platform: leave --app, --tenant and --env out")
    if kind in ("Application", "ApplicationSet") and (wanted.application or wanted.environment):
        raise click.UsageError(f"a {kind} has a folder of its own: leave --app and --env out")
    if wanted.application and wanted.tenant:
        raise click.UsageError("--app and --tenant say two owners: beside an application a document has the application's tenant")
    if wanted.environment and not wanted.application:
        raise click.UsageError("--env is for what lies in an application's overlay: write --app too")
    if kind in place.OF_APPLICATIONS and not wanted.application and not wanted.tenant:
        raise click.UsageError(f"whose is it? write --app APP to put it beside an application, or --tenant TENANT ({_tenants_told(root)})")
    if wanted.application and not (root / "applications" / wanted.application).is_dir():
        names = [one.name for one in (root / "applications").glob("*") if one.is_dir()]
        raise click.UsageError(f"{root / 'applications' / wanted.application} is not there; {near(wanted.application, names)}")
    if wanted.environment and not place.folder_of(root, wanted.application, wanted.environment).is_dir():
        folder = place.folder_of(root, wanted.application, wanted.environment)
        raise click.UsageError(
            f"{folder} is not there: with its first overlay an application is part of the environments that have one only"
        )
    tenants = _tenants(root)
    if wanted.tenant and tenants and wanted.tenant not in tenants:
        raise click.UsageError(f"tenant {wanted.tenant} is not declared; {near(wanted.tenant, tenants)}")


def _tenants(root: Path) -> dict[str, list[str]]:
    """The tenants that the repository declares, with their namespaces."""
    found: dict[str, list[str]] = {}
    for data, _ in _documents(root / "tenants"):
        spec = data.get("spec")
        namespaces = spec.get("namespaces") if isinstance(spec, dict) else None
        if data.get("kind") == "Tenant":
            found[_name_of(data)] = [str(one) for one in namespaces] if isinstance(namespaces, list) else []
    return found


def _tenants_told(root: Path) -> str:
    return f"there are {', '.join(sorted(found))}" if (found := _tenants(root)) else "none is declared: transom new Tenant NAME"


def _owner(project: Project, root: Path, wanted: Wanted) -> Owner:
    tenants = _tenants(root)
    tenant = wanted.tenant
    if wanted.kind in ("Application", "ApplicationSet") and not tenant:
        if len(tenants) != 1:
            raise click.UsageError(f"which team's is it? write --tenant TENANT ({_tenants_told(root)})")
        tenant = next(iter(tenants))
    namespaces = tenants.get(tenant) or [tenant]
    namespace = wanted.name if wanted.name in namespaces else namespaces[0]
    sized = "database" if wanted.kind == "CompositeDefinition" else wanted.kind.lower()
    return Owner(tenant, namespace, _size(project, sized), root.as_posix())


def _size(project: Project, word: str) -> str:
    """A size class that all environments have for a kind; `small` where none is declared."""
    common: list[str] | None = None
    for name in project.environments():
        try:
            sizes = project.environment(name).document.spec.sizes
        except TransomError:
            continue
        usable = [size for size, one in sizes.items() if getattr(one, word, None) is not None]
        common = usable if common is None else [size for size in common if size in usable]
    return common[0] if common else "small"


def _documents(folder: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """The readable documents of a folder and those below it, each with its file."""
    files = sorted(file for file in folder.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file()) if folder.is_dir() else []
    for file in files[:_READ]:
        written, _ = yamltext.read(file.absolute(), str(file))
        yield from ((one.data, file) for one in written if isinstance(one.data, dict))


def _name_of(data: dict[str, Any]) -> str:
    metadata = data.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _declared(root: Path, wanted: Wanted, beside: Path) -> Path | None:
    """The file that declares a document of the same kind and name, or an application where one is to be; patches of overlays are none."""
    for folder in ("applications", "databases", "resources", "tenants", "infrastructure"):
        for data, file in _documents(root / folder):
            if data.get("apiVersion") != API_VERSION or data.get("kind") != wanted.kind:
                continue
            in_overlay = "overlays" in file.relative_to(root).parts and file.parent != beside
            if not in_overlay and (_name_of(data) == wanted.name or (wanted.kind == "Application" and file.parent == beside)):
                return file
    return None


def _listed(file: Path) -> tuple[Path, str] | None:
    """The kustomization beside a new file, and its text with the file in it; None when there is none."""
    beside = kustomization_of(file.parent)
    if beside is None:
        return None
    try:
        return beside, kustomization.with_resource(beside.read_text(encoding="utf-8"), file.name)
    except kustomization.NotUnderstood as error:
        raise click.ClickException(f"{beside} {error}; nothing was written") from None


def _schema(kind: str, file: Path) -> str:
    """The path from a file to its schema, which is written where there is none yet."""
    here = Path.cwd()
    folders = [folder / "schemas" for folder in (file.absolute().parents) if folder == here or here in folder.parents]
    found = next((folder for folder in folders if (folder / f"{kind}.json").is_file()), here / "schemas")
    target = found / f"{kind}.json"
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(schema.text(kind), encoding="utf-8")
        click.echo(f"wrote {os.path.relpath(target)}")
    return Path(os.path.relpath(target, file.parent.absolute())).as_posix()
