"""docs/reference/refusals.md, from every room's refusal codes and the table that turns kinds into HTTP."""

from __future__ import annotations

import inspect
from pathlib import Path

from tallystick.base import Kind, RefusalCode
from tallystick.web import problems
from tools.reference import meanings
from tools.reference.rooms import refusal_codes

PAGE = "refusals.md"
OPENING = """\
# Refusals

A refusal is the platform's own answer to a request that cannot be done; nothing was changed. On HTTP it is Stripe's
error object: `type`, `code`, `param` where one parameter is to blame, and a `message` that says what to do. The command
line prints code and message ([commands](cli.md)). The order inside a room is the order in which the checks are made.

A declined card is not a refusal but an outcome: status 402, `type` `card_error`, code `card_declined` and the issuer's
`decline_code`.
"""


def render() -> str:
    """The whole page."""
    parts = [OPENING, "## Kinds\n", _kinds()]
    for codes in refusal_codes():
        parts += [f"## {room_of(codes)}: {codes.__name__}\n", f"{inspect.getdoc(codes)}\n", _codes(codes)]
    return "\n".join(parts)


def room_of(codes: type[RefusalCode]) -> str:
    """`payments` for a class of tallystick.payments.model."""
    return codes.__module__.split(".")[1]


def meaning(code: RefusalCode) -> str:
    """The string beside the member, else the sentence in meanings.toml; empty when nobody has written one."""
    source = inspect.getsourcefile(type(code))
    assert source is not None
    beside = meanings.docstrings(Path(source), type(code).__name__).get(code.name)
    return beside or meanings.written("refusals").get(f"{room_of(type(code))}.{code}", "")


def _kinds() -> str:
    beside = meanings.docstrings(Path(inspect.getsourcefile(Kind) or ""), "Kind")
    lines = ["| kind | HTTP | type | means |", "|---|---|---|---|"]
    for kind in Kind:
        rule = problems.TABLE[kind]
        lines.append(f"| `{kind}` | {rule.status} | `{rule.type}` | {beside.get(kind.name, '')} |")
    return "\n".join(lines) + "\n"


def _codes(codes: type[RefusalCode]) -> str:
    lines = ["| code | kind | HTTP | means |", "|---|---|---|---|"]
    for code in codes:
        status = problems.STATUS_OF.get(code, problems.TABLE[code.kind].status)
        lines.append(f"| `{code}` | {code.kind} | {status} | {meaning(code)} |")
    return "\n".join(lines) + "\n"
