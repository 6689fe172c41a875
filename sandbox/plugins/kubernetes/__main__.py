"""`python -m sandbox.plugins.kubernetes`: what the launcher called `pulumi-resource-kubernetes` runs."""

from sandbox.plugins import serving
from sandbox.plugins.kubernetes.provider import Provider

if __name__ == "__main__":
    serving.serve(Provider())
