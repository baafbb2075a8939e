"""Table `routing_decisions`, and every statement on it. Rows are only ever added."""

from __future__ import annotations

from sqlalchemy import Index, Table, bindparam, select

from tallystick import db

DECISIONS = Table(
    "routing_decisions",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text_id("payment_id"),
    db.text_id("merchant_id"),
    db.flag("livemode"),
    db.integer("position"),
    db.long_text("candidates"),
    db.text("chosen", 100, nullable=True),
    db.text("why", 500),
    db.instant("created"),
    Index("ix_routing_decisions_payment_id", "payment_id", "position"),
)

INSERT_ONCE = db.Insert(DECISIONS, duplicates="ignore")
OF_PAYMENT = db.Query(
    select(DECISIONS).where(DECISIONS.c.payment_id == bindparam("payment_id")).order_by(DECISIONS.c.position)
)
