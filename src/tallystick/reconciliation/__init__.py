"""The door of reconciliation: what bank and processor say against what we booked."""

from tallystick.reconciliation import certificate, files, items, proof, spec
from tallystick.reconciliation.api import day_in, endpoints, platform_only
from tallystick.reconciliation.breaks import assign, comment, resolve, sign_off
from tallystick.reconciliation.day import day, waiting
from tallystick.reconciliation.files import reconcile
from tallystick.reconciliation.items import Carried, Items, carried
from tallystick.reconciliation.items import of as items_of
from tallystick.reconciliation.look import (
    BreakRecord,
    Explained,
    ItemRecord,
    MatchRecord,
    Note,
    RunRecord,
    break_,
    breaks,
    explained,
    items_of_break,
    latest,
    match,
    notes,
    of_payment,
    rules_of,
    runs,
    told_before,
)
from tallystick.reconciliation.look import run as run_of
from tallystick.reconciliation.match import run
from tallystick.reconciliation.model import (
    Break,
    BreakClass,
    BridgeLine,
    Item,
    Link,
    OpenItem,
    ReconciliationRefusal,
    Side,
    State,
    Verdict,
)
from tallystick.reconciliation.result import Run
from tallystick.reconciliation.spec import Spec
from tallystick.reconciliation.stand import Stand, hold, stand
from tallystick.reconciliation.terms import BANK, books_name

__all__ = [
    "BANK",
    "Break",
    "BreakClass",
    "BreakRecord",
    "BridgeLine",
    "Carried",
    "Explained",
    "Item",
    "ItemRecord",
    "Items",
    "Link",
    "MatchRecord",
    "Note",
    "OpenItem",
    "ReconciliationRefusal",
    "Run",
    "RunRecord",
    "Side",
    "Spec",
    "Stand",
    "State",
    "Verdict",
    "assign",
    "books_name",
    "break_",
    "breaks",
    "carried",
    "certificate",
    "comment",
    "day",
    "day_in",
    "endpoints",
    "explained",
    "files",
    "hold",
    "items",
    "items_of",
    "items_of_break",
    "latest",
    "match",
    "notes",
    "of_payment",
    "platform_only",
    "proof",
    "reconcile",
    "resolve",
    "rules_of",
    "run",
    "run_of",
    "runs",
    "sign_off",
    "spec",
    "stand",
    "told_before",
    "waiting",
]
