"""Declares what `DECLARED`/<stack>.json says: {"components": {"Database/shop": {"things": [{...inputs}]}}, "outputs": …, "links": …}."""

import json
import os
from pathlib import Path

import pulumi

stack = pulumi.get_stack()
declared = json.loads((Path(os.environ["DECLARED"]) / f"{stack}.json").read_text())


class Component(pulumi.ComponentResource):
    """A document's component."""


class Resource(pulumi.CustomResource):
    """A resource of the test provider."""


if "raise" in declared:
    from transom.engine import program
    from transom.errors import InvalidDocuments, Location, Problem, SourceError

    error = (
        InvalidDocuments([Problem(Location(*where), "Invalid", message) for *where, message in declared["raise"]])
        if isinstance(declared["raise"], list)
        else SourceError(declared["raise"])
    )
    raise program.failure(error)

if "root" in declared:
    assert pulumi.get_root_directory() == str(Path(__file__).parent), pulumi.get_root_directory()
print(*declared.get("print", ()))  # noqa: T201 - what a program of users may do
root = Component("transom:index:Environment", stack.split(".")[0], None)
provider = Resource("pulumi:providers:test", "cloud", {}, pulumi.ResourceOptions(parent=root)) if declared.get("provider") else None
parents = {}
things = {}
for identity, resources in declared["components"].items():
    kind, _, name = identity.partition("/")
    parent = parents[identity] = Component(f"transom:test:{kind}", name, None, pulumi.ResourceOptions(parent=root))
    for resource in resources:
        inputs = dict(resource)
        options = inputs.pop("options", {})
        kind = inputs.pop("kind", "Thing")
        if "after" in options:
            inputs["after"] = things[options["after"]].serial
        if "token" in inputs:
            inputs["token"] = pulumi.Output.secret(inputs["token"])
        link = options.get("link")
        if link:
            reference = pulumi.StackReference(f"organization/double/{link['stack']}")
            inputs["linked"] = reference.require_output(link["output"])
        things[inputs["name"]] = Resource(
            f"test:index:{kind}",
            options.get("urn", inputs["name"]),
            inputs | {"serial": None},
            pulumi.ResourceOptions(
                parent=parent,
                protect=options.get("protect"),
                retain_on_delete=options.get("retain"),
                ignore_changes=options.get("ignore"),
                depends_on=[things[name] for name in options.get("depends", [])],
            ),
        )
for name, value in declared.get("outputs", {}).items():
    pulumi.export(name, pulumi.Output.secret(value) if name.startswith("secret") else value)
for name, thing in declared.get("exports", {}).items():
    pulumi.export(name, things[thing].serial)
