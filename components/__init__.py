"""Pulumi ComponentResources, one kind per file: the only importers of `pulumi_aws` and `pulumi_kubernetes`.

A component takes an Args record of `pulumi.Input`s, never a document; `stacks/builders.py` translates.
"""
