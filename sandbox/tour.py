"""The demo's second half: starts the sandbox, applies the dev environment with the real engine, shows its status and what to try next."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sandbox import lifecycle
from sandbox.environment import environment
from sandbox.layout import CHECKOUT
from transom.errors import TransomError

_NEXT = """
What runs now
  a real kube-apiserver with controllers and two simulated nodes, and a simulated AWS (moto), on loopback ports of this machine

What to try next
  eval "$(.venv/bin/transom sandbox env)"          once in this shell: pulumi, kubectl and boto3 find the sandbox
  pulumi preview -s dev                            nothing to change
  kubectl get deployments -A                       the applications' objects
  kubectl scale deployment -n {namespace} {deployment} --replicas=5
  transom drift dev                                what was changed by hand, property by property
  pulumi up -s dev --refresh                       puts it back
  transom sandbox status                           processes, addresses and logs
  make clean-demo                                  stops and removes all of it
"""


def main() -> int:
    """Exit code 0 when the environment is applied; otherwise that of the verb that failed."""
    try:
        status = lifecycle.up(clusters=("dev",), say=_say)
    except TransomError as error:
        _say(f"error: {error}")
        return int(error.exit_code)
    for note in status.notes:
        _say(f"note: {note}")
    variables = {**os.environ, **environment()}
    for verb in (("apply", "dev"), ("get", "dev")):
        _say(f"$ transom {' '.join(verb)}")
        code = subprocess.run([str(Path(sys.prefix, "bin", "transom")), *verb], cwd=CHECKOUT, env=variables, check=False).returncode
        if code != 0:
            _say(f"transom {' '.join(verb)} ended with {code}; logs: transom sandbox logs")
            return code
    namespace, deployment = _a_deployment(variables)
    sys.stdout.write(_NEXT.format(namespace=namespace, deployment=deployment))
    return 0


def _a_deployment(variables: dict[str, str]) -> tuple[str, str]:
    """Namespace and name of a Deployment that exists, for a command that can be pasted."""
    query = ["kubectl", "get", "deployments", "-A", "--no-headers", "-o", "custom-columns=N:.metadata.namespace,D:.metadata.name"]
    done = subprocess.run(query, env=variables, capture_output=True, text=True, timeout=60, check=False)
    words = done.stdout.split()
    return (words[0], words[1]) if len(words) > 1 else ("NAMESPACE", "NAME")


def _say(line: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
