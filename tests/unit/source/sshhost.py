"""A program: an SSH host on a loopback port that lets one key in and serves Git repositories. Prints its port and host key."""

from __future__ import annotations

import asyncio
import shlex
import sys
from typing import Any

import asyncssh


async def _serve(process: Any) -> None:
    verb, path = shlex.split(process.command or "x x")
    if verb != "git-upload-pack":
        process.exit(127)
        return
    backend = await asyncio.create_subprocess_exec(
        "git", "upload-pack", path, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    await process.redirect(stdin=backend.stdin, stdout=backend.stdout)
    process.exit(await backend.wait())


async def _main(public_key: str) -> None:
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        authorized_client_keys=asyncssh.import_authorized_keys(public_key),
        process_factory=_serve,
        encoding=None,
    )
    print(server.get_port(), host_key.export_public_key("openssh").decode().strip(), flush=True)  # noqa: T201 - what its starter waits for
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
