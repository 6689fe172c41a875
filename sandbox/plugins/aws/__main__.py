"""`python -m sandbox.plugins.aws`: the plugin as the engine starts it; its port is the first line on stdout."""

from sandbox.plugins.aws.provider import AwsServicer
from sandbox.plugins.serving import serve

serve(AwsServicer())
