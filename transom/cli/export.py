"""`transom export`: an environment as documents for what others run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.cli import wiring
from transom.errors import PermanentError
from transom.exitcodes import ExitCode
from transom.operator import documents
from transom.operator.documents import Repository, Wanted
from transom.redaction import redact
from transom.specs.source import RepositoryURL


@click.group("export")
def command() -> None:
    """Write an environment as documents for what others run."""


@command.command("operator")
@click.argument("environments", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write into, one below it each.")
@click.option("--repo", help="Address of the repository that holds Pulumi.yaml; that of the remote origin when left out.")
@click.option("--branch", help="Branch to follow; the one that is checked out when left out.")
@click.option("--commit", help="Commit to stay at, instead of a branch.")
@click.option("--repo-secret", default="", help="Secret with accessToken (https) or sshPrivateKey, for a repository that is not public.")
@click.option("--flux", is_flag=True, help="Let Flux's source-controller fetch the repository, by a GitRepository.")
@click.option("--namespace", help="Namespace of the documents; transom-ENVIRONMENT when left out.")
@click.option("--backend", envvar="PULUMI_BACKEND_URL", default="", show_envvar=True, help="Address of the state.")
@click.option("--organization", default="organization", show_default=True, help="Owner of the stacks; as it is for a self-managed backend.")
@click.option("--image", default="", help="Image of the workspaces: Pulumi, Python and kustomize.")
@click.option("--resync", type=click.IntRange(60), default=300, show_default=True, help="Seconds between two looks.")
@click.option("--variable", "variables", multiple=True, help="Variable from the key of its name in Secret transom-ENVIRONMENT; repeatable.")
def operator(*, environments: tuple[str, ...], out: Path, **given: Any) -> int:
    """Write Stacks for the Pulumi Kubernetes Operator 2.x, one for each shard of each ENVIRONMENT, into a folder for `kubectl apply -k`."""
    project = wiring.project()
    repository = _repository(project, given)
    catalogs = wiring.catalogs(project, environments)
    _require_backend(given["backend"])
    namespaces = {name: given["namespace"] or f"transom-{name}" for name in catalogs}
    for name, catalog in catalogs.items():
        wanted = Wanted(
            project=project.name,
            repository=repository,
            namespace=namespaces[name],
            backend=given["backend"],
            organization=given["organization"],
            image=given["image"],
            resync=given["resync"],
            secrets_provider=_secrets_provider(project, name),
            variables=given["variables"],
        )
        _write(out / name, documents.files(catalog, wanted))
        for line in _told(catalog, wanted, out / name):
            click.echo(line, err=True)
    return ExitCode.DONE


def _told(catalog: Catalog, wanted: Wanted, folder: Path) -> Iterable[str]:
    """What there is to do before the documents work, and what they cannot say."""
    name = catalog.name
    keys = [*documents.variables(wanted), *([documents.KUBECONFIG_KEY] if documents.needs_kubeconfig(catalog) else [])]
    yield f"{folder}: kubectl apply -k {folder}"
    if keys:
        yield f"{name}: Secret {wanted.namespace}/{documents.secret_of(name)} must hold {', '.join(keys)}; values are never written here"
    if not wanted.image:
        yield f"{name}: warning: without --image the operator's own image is used, which has no kustomize"
    if exceptions := documents.exceptions(catalog):
        own = "true" if documents.healing(catalog) else "false"
        yield f"{name}: warning: a Stack cannot tell applications apart: {', '.join(exceptions)} will have selfHeal {own}"


def _repository(project: Project, given: dict[str, Any]) -> Repository:
    """The repository that was named, or the one that the project lies in.

    Raises:
        PermanentError: it is not known, or its address holds credentials.
    """
    if given["branch"] and given["commit"]:
        raise click.UsageError("--branch and --commit say two revisions; give one of them")
    url = given["repo"] or _git(project.root, "remote", "get-url", "origin")
    branch = "" if given["commit"] else given["branch"] or _git(project.root, "branch", "--show-current")
    if not url or not (branch or given["commit"]):
        message = "it is not known where the operator finds Pulumi.yaml"
        raise PermanentError(message, reason="UnknownRepository", hint="give --repo, and --branch or --commit")
    try:
        TypeAdapter(RepositoryURL).validate_python(url)
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise PermanentError(f"{redact(url)} {said}", reason="UnknownRepository", hint="give --repo, and --repo-secret") from None
    if "://" not in url and url.startswith(("/", ".")):
        message = f"{url} is a folder of this machine, which the operator cannot reach"
        raise PermanentError(message, reason="UnknownRepository", hint="give --repo")
    folder = _git(project.root, "rev-parse", "--show-prefix").strip("/")
    found = Repository(url, branch=branch, folder=folder, secret=given["repo_secret"], flux=given["flux"])
    return replace(found, commit=given["commit"] or "")


def _require_backend(backend: str) -> None:
    if backend.startswith("file:"):
        message = f"state at {backend} is on this machine, where no workspace of the operator can reach it"
        raise PermanentError(message, reason="BackendRefused", hint="give --backend with a bucket, a database or the hosted one")


def _git(folder: Path, *words: str) -> str:
    """What git says in a folder; empty where it says nothing good."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _secrets_provider(project: Project, environment: str) -> str:
    """What the settings of the environment's stack name; a passphrase is none."""
    import yaml

    file = project.root / "stacks" / f"Pulumi.{environment}.yaml"
    found = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None
    named = str(found.get("secretsprovider") or "") if isinstance(found, dict) else ""
    return "" if named in ("passphrase", "default") else named


def _write(folder: Path, files: dict[str, list[dict[str, Any]]]) -> None:
    """The files; a Stack that the environment has no more goes, so that the folder holds what the kustomization names."""
    import yaml

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("stack-*.yaml"):
        if old.name not in files:
            old.unlink()
    for name, found in files.items():
        text = yaml.safe_dump_all(found, sort_keys=False, width=10**6)
        draft = folder / f".{name}.{os.getpid()}"
        draft.write_text(text, encoding="utf-8")
        draft.replace(folder / name)
