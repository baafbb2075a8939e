"""A stand-in for the world: a card processor and a bank that behave, and misbehave, like real ones."""

from tallystick.sandbox.bank import Bank
from tallystick.sandbox.book import Book
from tallystick.sandbox.control import Sandbox
from tallystick.sandbox.model import (
    NO_ANSWER,
    DayEnd,
    Fee,
    Plant,
    Problem,
    Reply,
    Report,
    SandboxSettings,
    StrayLine,
)
from tallystick.sandbox.notices import Outgoing, sign
from tallystick.sandbox.processor import Processor
from tallystick.sandbox.report import HEADER
from tallystick.sandbox.server import App, build_app, serve
from tallystick.sandbox.state import State

__all__ = [
    "HEADER",
    "NO_ANSWER",
    "App",
    "Bank",
    "Book",
    "DayEnd",
    "Fee",
    "Outgoing",
    "Plant",
    "Problem",
    "Processor",
    "Reply",
    "Report",
    "Sandbox",
    "SandboxSettings",
    "State",
    "StrayLine",
    "build_app",
    "serve",
    "sign",
]
