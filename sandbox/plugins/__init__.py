"""Stand-ins for the Pulumi plugins that cannot be had from a package registry: the Python language host and two providers.

They are put on PATH only when the real ones are not installed (`TRANSOM_PLUGINS=auto|standin|real`), and behave as the real ones do:
an operation, a diff or a refusal that differs from the real plugin's is a defect. They refuse every endpoint but loopback.
"""
