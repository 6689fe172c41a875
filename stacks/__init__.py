"""How one environment becomes components: `environment.py` walks the catalog, `builders.py` translates specs into component arguments.

The `Pulumi.<stack>.yaml` files beside it are the stacks' configuration.
"""
