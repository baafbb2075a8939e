"""Tallystick: a payment platform that keeps its own books and proves them every day."""

__version__ = "0.1.0"
