"""The command line `tallystick`: one module per group of commands, imported when it is run."""

from tallystick.cli.root import main

__all__ = ["main"]
