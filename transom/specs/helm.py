"""What an application says of its chart: where it is, which values it gets, and what it is rendered for."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from transom.specs.base import Spec, first_twice
from transom.specs.scalars import Bool, Name

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_EXACT = r"^v?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$"


class HelmSpec(Spec):
    """A Helm chart, rendered as `helm template` does; Helm itself is not used to install anything."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"repository": ["version"]}})

    chart: str = Field(min_length=1)
    """Folder of the chart, from the top of the source; with `repository`, the chart's name there."""
    source: Name | None = None
    """Name of the environment's source that chart and values files lie in; the one that this document lies in when left out."""
    repository: str | None = Field(default=None, min_length=1)
    """Address of a chart repository (`https://…`) or of a folder in a registry (`oci://…`)."""
    version: Annotated[str, StringConstraints(pattern=_EXACT)] | None = None
    """Exact version of the chart in the repository, e.g. `1.2.3`."""
    digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    """SHA-256 of the chart's archive; another archive is refused then."""
    release_name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=53)] | None = None
    """Name of the release in the templates; the application's name when left out."""
    release_namespace: Name | None = None
    """Namespace of the release in the templates; that of the destination when left out."""
    values: dict[str, Any] = Field(default_factory=dict)
    """Values for the templates: they win over `valuesFiles`. An overlay patches them as anything else."""
    values_files: tuple[str, ...] = ()
    """Files with values, from the top of the source; a later one wins."""
    kube_version: Annotated[str, StringConstraints(pattern=r"^v?1\.[0-9]+(\.[0-9]+)?$")] | None = None
    """Kubernetes version that the templates are told, e.g. `"1.36"`; that of the cluster when left out."""
    api_versions: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = ()
    """What else the templates are told that the cluster has, e.g. `monitoring.coreos.com/v1`."""
    include_crds: Bool = Field(default=True, alias="includeCRDs")
    """Whether what lies in the chart's `crds` folders belongs to the application."""
    skip_tests: Bool = True
    """Whether the chart's test hooks are left out."""
    hooks: Literal["refuse", "omit", "apply"] = "refuse"
    """What becomes of what Helm would run before or after an install or upgrade: a mistake, left out, or an object like all others."""

    @model_validator(mode="after")
    def _is_one_chart(self) -> HelmSpec:
        if self.repository is None:
            _folder_of_a_source(self)
        else:
            _in_a_repository(self)
        if name := first_twice(self.values_files):
            raise ValueError(f"valuesFiles names {name} twice; remove one of the two")
        for file in self.values_files:
            if _leads_out(file):
                raise ValueError(
                    f'valuesFiles: "{file}" leads out of the source; write a path from its top, without / in front and without ..'
                )
        return self


def _folder_of_a_source(spec: HelmSpec) -> None:
    for field, value in (("version", spec.version), ("digest", spec.digest)):
        if value is not None:
            raise ValueError(f"{field} needs a repository: a chart in a folder is what the folder holds")
    if re.match(r"[a-z]+://", spec.chart):
        raise ValueError(f'chart "{spec.chart}" is an address; write it as repository, and the name of the chart here')
    if _leads_out(spec.chart):
        raise ValueError(f'chart "{spec.chart}" leads out of the source; write a path from its top, without / in front and without ..')


def _in_a_repository(spec: HelmSpec) -> None:
    address = urlsplit(spec.repository or "")
    if address.scheme not in ("https", "http", "oci") or not address.hostname:
        raise ValueError(f'repository "{spec.repository}" is no address; write https://… or oci://…')
    if address.username or address.password:
        raise ValueError("repository holds a user or a password; log in with helm registry login instead")
    if address.query or address.fragment:
        raise ValueError("repository has more behind its path than an address has; write it without ? and #")
    if spec.version is None:
        raise ValueError("version is missing: what is applied must be the same tomorrow; write the exact version of the chart")
    if "/" in spec.chart or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", spec.chart):
        raise ValueError(f'chart "{spec.chart}" is no name of a chart; write its last word here, and what stands before it in repository')
    if address.scheme == "http" and spec.digest is None and address.hostname not in _LOOPBACK:
        raise ValueError("repository is read over plain http, where anybody may change what comes; write digest, or https://")


def _leads_out(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/")
