"""Transom: documents in Git become running resources through Pulumi.

The package is layered; a lower room never imports a higher one (`pyproject.toml` holds the contract, `docs/architecture.md` the picture).
From low to high: errors, redaction, specs, changes, source, rendering, catalog, engine, drift and review, cli.
Nothing in here imports `pulumi_aws` or `pulumi_kubernetes`: those belong to `components/` and `stacks/`.
"""

__version__ = "0.1.0"
