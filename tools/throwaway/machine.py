"""What a throw-away server must know of the machine it runs on."""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Unavailable(Exception):
    """There is no server to start, or it did not start; the message is one line that says what to do."""


def unprivileged(*names: str) -> pwd.struct_passwd | None:
    """Whom to be instead of root, the first of the names this machine knows; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return pwd.struct_passwd(("nobody", "*", 65534, 65534, "", "/", "/bin/false"))


def as_user(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    """The arguments with which subprocess starts a program as this user; none of them for None."""
    return {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def free_port() -> int:
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
