"""Composites: kinds that platform engineers define, and the claims of them. Rendered documents go in; what claims become comes out.

`definitions` reads and checks what a repository defines: `heads` each by itself, `openapi` its schema, `models` what claims may say,
`rules` its validations, `resources`, `templates`, `held` and `targets` what claims become; `scopes` says which variables an expression may
read where, `complaints` and `places` find the line. `claims` holds claims to all that, `compose` makes documents of them, `traces` and
`notes` tell whose line a mistake in them is, `links` what they wait for, `stage` is the way in. No network, no engine, no clock.
"""
