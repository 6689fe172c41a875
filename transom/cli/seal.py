"""`transom seal`: a secret, encrypted for a cluster, as a document that may stand in Git."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import yaml

from transom.catalog.validate import near
from transom.cli import wiring
from transom.errors import PermanentError
from transom.sealing import certificates, seal
from transom.sealing.seal import Place, Scope


@click.command("seal")
@click.argument("environment")
@click.argument("application")
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--cert", envvar=certificates.VARIABLE, required=True, show_envvar=True, help="The controller's certificate: file or https:// address."
)
@click.option("--scope", type=click.Choice([*Scope]), default=Scope.STRICT, show_default=True, help="What the values are bound to.")
@click.option("--name", help="Name of the Secret, when FILE is the value of one key.")
@click.option("--key", help="The key, when FILE is its value.")
@click.option("--into", type=click.Path(path_type=Path, dir_okay=False), help="Write the keys into this file, beside those that it has.")
def command(  # noqa: PLR0913 - one parameter per option, as click has it
    *, environment: str, application: str, file: Any, cert: str, scope: str, name: str | None, key: str | None, into: Path | None
) -> None:
    """Print the SealedSecret of a Secret's document in FILE (standard input when left out), for APPLICATION's namespace in ENVIRONMENT.

    With --name and --key, FILE is the value of one key, to the last byte. The plain text is written nowhere.
    """
    if (name is None) != (key is None):
        raise click.UsageError("--name and --key go together: they make FILE the value of one key")
    namespace = _namespace(environment, application)
    public = seal.public_key(certificates.fetch(cert))
    given = file.read()
    if name and key:
        if given.endswith(b"\n"):
            click.echo("the value ends with a line break, which is sealed too; printf '%s' writes none", err=True)
        place = Place(namespace, name, Scope(scope))
        sealed = seal.document(place, {key: seal.value(public, given, place)})
    else:
        sealed = seal.secret(public, _document(given), namespace, Scope(scope))
        if sealed["metadata"]["namespace"] != namespace:
            message = f"the Secret is for namespace {sealed['metadata']['namespace']}, and Application {application} goes to {namespace}"
            raise PermanentError(message, reason="ForbiddenDestination", hint="leave metadata.namespace out")
    if into is None:
        click.echo(_text(sealed), nl=False)
        return
    into.write_text(_text(_joined(into, sealed)), encoding="utf-8")
    click.echo(f"{into}: {', '.join(sealed['spec']['encryptedData'])} sealed", err=True)


def _namespace(environment: str, application: str) -> str:
    """Where the application's objects go; from its documents, which may still have mistakes elsewhere."""
    catalog = wiring.catalogs(wiring.project(), [environment])[environment]
    found = catalog.applications.get(application)
    if found is None:
        hint = near(application, catalog.applications)
        raise PermanentError(f"environment {environment} has no application {application}", reason="UnknownReference", hint=hint)
    return found.document.spec.destination.namespace


def _document(given: bytes) -> dict[str, Any]:
    try:
        found = yaml.safe_load(given)
    except (yaml.YAMLError, UnicodeDecodeError):
        found = None  # what is in it is not told: it is secret
    if not isinstance(found, dict):
        hint = "give one YAML document of kind Secret, or --name and --key for a value"
        raise PermanentError("what was given is no YAML document", reason="NotASecret", hint=hint)
    return found


def _joined(into: Path, sealed: dict[str, Any]) -> dict[str, Any]:
    """The keys of both; of one key the new one. What the file says beside its keys stays."""
    if not into.exists():
        return sealed
    there = yaml.safe_load(into.read_text(encoding="utf-8"))
    metadata = there.get("metadata") if isinstance(there, dict) else None
    wanted = sealed["metadata"]
    same = isinstance(metadata, dict) and there.get("kind") == "SealedSecret" and metadata.get("name") == wanted["name"]
    if not same or not isinstance(metadata, dict) or metadata.get("namespace", wanted["namespace"]) != wanted["namespace"]:
        hint = f"it must hold SealedSecret {wanted['namespace']}/{wanted['name']}"
        raise PermanentError("is another document", subject=str(into), reason="NotASecret", hint=hint)
    if (metadata.get("annotations") or {}).items() & {(k, "true") for k in _SCOPES} != (wanted.get("annotations") or {}).items():
        raise PermanentError("has another scope", subject=str(into), reason="NotASecret", hint="give the same --scope")
    spec = there.get("spec") or {}
    keys = {**(spec.get("encryptedData") or {}), **sealed["spec"]["encryptedData"]}
    return {**there, "spec": {**spec, "encryptedData": dict(sorted(keys.items()))}}


_SCOPES = tuple(name for scope in Scope for name in Place("", "", scope).annotations)


def _text(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, width=10**6)
