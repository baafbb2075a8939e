"""Promise a job in the same commit as the change that needs it (staged jobs: brandur.org/job-drain)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from tallystick import db
from tallystick.base import Instant
from tallystick.jobs import store
from tallystick.jobs.model import State

_DIGEST_BYTES = 20


def later_id(kind: str, key: str) -> str:
    """The id of the job with this key: the same key is the same job."""
    digest = hashlib.sha256(f"{kind}\n{key}".encode()).digest()[:_DIGEST_BYTES]
    return f"job_{base64.b32encode(digest).decode().lower()}"


def later(unit: db.Unit, kind: str, payload: Mapping[str, Any], run_at: Instant, *, key: str | None = None) -> str:
    """Run the handler of `kind` with `payload` (anything JSON can hold) at `run_at` or as soon after as a worker can.

    With a `key` there is one job of this kind and key: promising it again, also after it is done, changes nothing
    until `prune` forgets it. Answers the job's id. The job exists only if the unit is committed.
    """
    job_id = unit.new_id("job") if key is None else later_id(kind, key)
    unit.insert(
        store.ADD,
        {
            "id": job_id,
            "kind": kind,
            "payload": msgspec.json.encode(payload).decode(),
            "state": State.WAITING.value,
            "due": run_at,
            "owner": "",
            "attempts": 0,
            "last_error": "",
            "run_at": run_at,
            "version": 0,
        },
    )
    return job_id
