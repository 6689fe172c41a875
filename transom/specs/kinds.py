"""The table of kinds: every kind that may stand in a repository, by name. A new kind is one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from transom.specs.application import Application
from transom.specs.applicationset import ApplicationSet
from transom.specs.base import API_VERSION, Document
from transom.specs.cache import Cache
from transom.specs.cluster import Cluster
from transom.specs.composite import Claim, CompositeDefinition
from transom.specs.database import Database
from transom.specs.environment import Environment
from transom.specs.network import Network
from transom.specs.resources import Bucket, Queue
from transom.specs.table import Table
from transom.specs.tenant import Tenant
from transom.specs.topic import Topic

KINDS: Mapping[str, type[Document]] = MappingProxyType(
    {
        "Environment": Environment,
        "Cluster": Cluster,
        "Network": Network,
        "Tenant": Tenant,
        "Application": Application,
        "ApplicationSet": ApplicationSet,
        "Database": Database,
        "Bucket": Bucket,
        "Queue": Queue,
        "Topic": Topic,
        "Cache": Cache,
        "Table": Table,
        "CompositeDefinition": CompositeDefinition,
    }
)

RESOURCE_KINDS = ("Database", "Bucket", "Queue", "Topic", "Cache", "Table")
"""Kinds that become cloud resources and can be bound to an application."""


def model_of(data: Mapping[str, Any]) -> type[Document]:
    """The model of a document that was valid: one of ours, else a claim of a defined kind."""
    return KINDS[data["kind"]] if data["apiVersion"] == API_VERSION else Claim
