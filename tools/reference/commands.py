"""docs/reference/cli.md, from the commands themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from tallystick.cli import root

PAGE = "cli.md"
OPENING = """\
# Commands

`tallystick COMMAND --help` says the same. Settings come from the environment or `tallystick.toml`
([settings](settings.md)). `--json`, before or after the command, prints results as JSON lines for programs.
"""
EXAMPLES = re.compile(r"^(Examples?:)\n", re.MULTILINE)
EXIT_CODE = re.compile(r"(\d+) ([^;]+?)(?:;|\.$)", re.MULTILINE)


def commands(command: click.Command, path: str = "tallystick") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it."""
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path, help_option_names=root.HELP)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, name
            yield from commands(child, f"{path} {name}")
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield path, command


def exit_codes() -> dict[int, str]:
    """What each exit code means, from the paragraph of `cli/root.py` that defines them."""
    text = inspect.getdoc(root) or ""
    paragraph = text[text.index("Exit codes:") :].split("\n\n")[0].replace("\n", " ")
    return {int(code): meaning for code, meaning in EXIT_CODE.findall(paragraph)}


def render() -> str:
    """The whole page."""
    lines = ["| code | means |", "|---|---|", *(f"| {code} | {text} |" for code, text in exit_codes().items())]
    parts = [OPENING, "## Exit codes\n", "\n".join(lines) + "\n"]
    for path, command in commands(root.tally):
        usage = " ".join(
            command.collect_usage_pieces(click.Context(command, info_name=path, help_option_names=root.HELP))
        )
        text = EXAMPLES.sub(r"\1\n\n", inspect.cleandoc(command.help or "").replace("\b\n", ""))
        parts += [f"## `{path}`\n", f"    {path} {usage}\n", f"{text}\n", _options(command)]
    return "\n".join(part for part in parts if part)


def _options(command: click.Command) -> str:
    rows = []
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
            rows.append(f"| {names} | {(parameter.help or '').replace('|', chr(92) + '|')} |")
    return "\n".join(["| option | means |", "|---|---|", *rows]) + "\n" if rows else ""
