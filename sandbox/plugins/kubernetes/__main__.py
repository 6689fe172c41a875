"""`python -m sandbox.plugins.kubernetes`: what the launcher called `pulumi-resource-kubernetes` runs."""

import logging

from sandbox.plugins import serving
from sandbox.plugins.kubernetes.provider import Provider

if __name__ == "__main__":
    # The engine shows a plugin's stderr to the user; a connection that is opened again is no news.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    serving.serve(Provider())
