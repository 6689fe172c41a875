"""Transom's program against a hand-written Pulumi program that declares the same objects: `python -m benchmarks` prints the table.

`shape.py` says what is declared, `generate.py` writes it as a user's repository, `handwritten/` declares it with the typed classes of
pulumi_kubernetes and knows nothing of Transom. `contestants.py` drives each, `measure.py` watches one command, `same.py` holds that both
made the same objects, `table.py` prints. Nothing here asserts a time.
"""
