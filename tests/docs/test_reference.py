"""The reference is complete and current: every setting, refusal, event and plug, in the words of today's code."""

from __future__ import annotations

from types import ModuleType

import click
import pytest

from tallystick.base import RefusalCode, Settings
from tallystick.cli import root
from tools.lint.plugs import RACKS
from tools.reference import commands, events, meanings, pages, plugs, refusals, settings
from tools.reference.rooms import refusal_codes


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.PAGE)
def test_a_generated_page_is_current(page: ModuleType) -> None:
    assert pages.current(page), f"docs/reference/{page.PAGE} is older than the code: run `make reference`"


def test_every_setting_says_what_it_means() -> None:
    models = [Settings, *(model for _, _, model in settings.nested(Settings))]
    silent = [name for model in models for name, field in model.model_fields.items() if not field.description]
    assert silent == []


def codes() -> dict[str, RefusalCode]:
    """Every refusal code by the key it has in meanings.toml."""
    return {f"{refusals.room_of(type(code))}.{code}": code for each in refusal_codes() for code in each}


def test_every_refusal_is_explained() -> None:
    assert [key for key, code in codes().items() if not refusals.meaning(code)] == []


def test_no_explanation_outlives_its_refusal() -> None:
    assert sorted(set(meanings.written("refusals")) - set(codes())) == []


def test_every_event_is_explained() -> None:
    assert [each for each in events.types() if not events.meaning(each)] == []


def test_no_explanation_outlives_its_event() -> None:
    assert sorted(set(meanings.written("events")) - set(events.types())) == []


def test_every_rack_has_a_name_for_readers() -> None:
    assert set(plugs.WHAT) == set(RACKS)


def test_every_reference_page_is_in_the_index() -> None:
    index = (pages.FOLDER / "README.md").read_text()
    assert [
        path.name for path in pages.FOLDER.glob("*.md") if path.name != "README.md" and path.name not in index
    ] == []


def test_every_exit_code_is_explained() -> None:
    used = {value for name, value in vars(root).items() if name.isupper() and isinstance(value, int)}
    assert used <= set(commands.exit_codes())


def test_every_command_and_option_says_what_it_does() -> None:
    silent = []
    for path, command in commands.commands(root.tally):
        options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
        silent += [path] * (not command.help) + [f"{path} {each.opts[0]}" for each in options if not each.help]
    assert silent == []
