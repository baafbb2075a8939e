"""One request's work, as the verbs see it: begun in the first unit, finished in the last, resumable in between.

The claim on the key is written by the verb's own first unit, so the hot path commits nothing extra, and there is no
moment at which the work exists and the claim does not. Ids of what the verb creates derive from the operation: when
a crash is followed by the same request, the verb runs again with the same operation and finds what it had made.
"""

from __future__ import annotations

from typing import Any

from tallystick.db import Unit
from tallystick.idempotency import store


class Operation:
    """Made by `once`. For a request without a key it only gives out ids."""

    __slots__ = ("_claim", "_version", "began", "id", "resumed", "sealed")

    def __init__(self, operation_id: str, claim: dict[str, Any] | None = None, *, resumed_version: int = -1) -> None:
        self.id = operation_id
        self._claim = claim
        self.resumed = resumed_version >= 0
        """Whether an earlier run of this operation ended without an answer."""
        self._version = max(resumed_version, 0)
        self.began = self.resumed
        self.sealed: tuple[int, bytes] | None = None

    def resource_id(self, prefix: str) -> str:
        """The id of the thing with this prefix that the operation creates: the same in every run of it."""
        return prefix + self.id[self.id.index("_") :]

    def begin(self, unit: Unit) -> None:
        """Claim the key in `unit`, which must be the verb's first.

        Leaving the unit raises LostRace when another request holds the key. Calling this again, in a unit that is
        tried again or in a later one, claims the key if it is still free and else insists that it is ours.
        """
        if self._claim is not None and not self.resumed:
            if self.began:
                unit.insert(store.CLAIM_ONCE, self._claim)
                unit.update(store.STILL_MINE, self._claim)
            else:
                unit.insert(store.CLAIM, self._claim)
        self.began = True

    def finish(self, unit: Unit, status: int, body: bytes) -> None:
        """Store the answer with the writes of `unit`, which must be the verb's last: said means stored.

        Leaving the unit raises LostRace when another server has taken the operation over meanwhile.
        """
        assert self.began, "an operation is begun before it is finished"
        self.sealed = (status, body)
        if self._claim is not None:
            unit.update(store.ANSWER, self._row() | {"status": status, "body": body.decode()})

    def record(self, unit: Unit, status: int, body: bytes) -> None:
        """Store the answer of a verb that did not do so itself.

        The unit in which it began may have been refused, so the key is claimed here where it is still free.
        """
        if self._claim is None:
            return
        if not self.began:
            unit.insert(store.CLAIM, self._claim | {"status": status, "body": body.decode()})
            return
        if not self.resumed:
            unit.insert(store.CLAIM_ONCE, self._claim)
        self.finish(unit, status, body)

    def release(self, unit: Unit) -> None:
        """Let anyone resume this operation at once."""
        assert self._claim is not None, "only a claim can be released"
        unit.update(store.TAKE, self._row() | {"instance": "", "boot": 0})

    def _row(self) -> dict[str, Any]:
        assert self._claim is not None
        return {"scope": self._claim["scope"], "operation_id": self.id, "version": self._version}
