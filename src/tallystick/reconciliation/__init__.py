"""The door of reconciliation: what bank and processor say against what we booked."""

from tallystick.reconciliation import certificate, items, proof, spec
from tallystick.reconciliation.items import Carried, Items, carried
from tallystick.reconciliation.items import of as items_of
from tallystick.reconciliation.match import Run, run
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
from tallystick.reconciliation.spec import Spec

__all__ = [
    "Break",
    "BreakClass",
    "BridgeLine",
    "Carried",
    "Item",
    "Items",
    "Link",
    "OpenItem",
    "ReconciliationRefusal",
    "Run",
    "Side",
    "Spec",
    "State",
    "Verdict",
    "carried",
    "certificate",
    "items",
    "items_of",
    "proof",
    "run",
    "spec",
]
