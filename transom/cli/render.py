"""`transom render`: what an environment's documents come to, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from transom.catalog.model import Catalog
from transom.cli import wiring
from transom.cli.output import output_option, print_json, source_option


@click.command("render")
@click.argument("environment")
@click.option("--app", "application", help="Only this application and its objects.")
@source_option
@output_option("yaml", "json")
def command(environment: str, application: str | None, overrides: dict[str, Path], form: str) -> None:
    """Print the documents and manifests of ENVIRONMENT as they would be applied."""
    catalog = wiring.catalogs(wiring.project(overrides), [environment])[environment]
    if application and application not in catalog.applications:
        from transom.catalog.validate import near

        hint = near(application, catalog.applications)
        raise click.ClickException(f"environment {environment} has no application {application}; {hint}")
    print_catalog(catalog, form, application)


def print_catalog(catalog: Catalog, form: str, application: str | None = None) -> None:
    """Every document with the objects that belong to it, as YAML or JSON; or those of one application."""
    from transom.rendering.kustomization import dump

    wanted = f"Application/{application}" if application else None
    out: list[tuple[str, Any]] = []
    for identity, entry in catalog.entries.items():
        if wanted is None or identity == wanted:
            out.append((f"{identity}, from {entry.at()}", entry.data))
            manifests = catalog.manifests.get(identity, ())
            out += [(f"{identity}, from {manifest.at()}", _placed(manifest.data, manifest.namespace)) for manifest in manifests]
    if form == "json":
        print_json([data for _, data in out])
        return
    for place, data in out:
        click.echo(f"---\n# {place}\n{dump(data)}", nl=False)


def _placed(data: Any, namespace: str) -> Any:
    return {**data, "metadata": {**data["metadata"], "namespace": namespace}} if namespace else data
