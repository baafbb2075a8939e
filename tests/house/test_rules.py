"""Every rule of the house finds what it is for and leaves alone what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.lint import project, rules

DOOR = '__all__ = ["thing"]\n'
FLOATS = "src/tallystick/ledger/post.py"
CLOCKS = "src/tallystick/payments/pay.py"
MARK = "# TO" + "DO: later\n"
HOST = "https://pypi" + ".org/simple"
FOLDER = "cd /ro" + "ot/project\n"
IGNORE = "# type: " + "ignore"
NOQA = "# no" + "qa"

BAD: list[tuple[str, str, str]] = [
    ("floats", FLOATS, "FEE = 0.029\n"),
    ("floats", FLOATS, "def fee(amount):\n    return float(amount)\n"),
    ("floats", FLOATS, "def half(amount):\n    return amount / 2\n"),
    ("floats", FLOATS, "def half(amount):\n    amount /= 2\n"),
    ("clocks", CLOCKS, "from datetime import UTC, datetime\nNOW = datetime.now(UTC)\n"),
    ("clocks", CLOCKS, "import datetime as dt\ndef f():\n    return dt.date.today()\n"),
    ("clocks", CLOCKS, "import time\ndef f():\n    return time.time()\n"),
    ("clocks", CLOCKS, "from time import time_ns\ndef f():\n    return time_ns()\n"),
    ("clocks", CLOCKS, "from uuid import uuid4\nNAME = uuid4()\n"),
    ("clocks", CLOCKS, "import random\ndef f():\n    return random.choice([1, 2])\n"),
    ("clocks", CLOCKS, "from random import random\ndef f():\n    return random()\n"),
    ("clocks", CLOCKS, "import random\nCHANCE = random.Random()\n"),
    ("clocks", CLOCKS, "import asyncio\nasync def f():\n    await asyncio.sleep(1)\n"),
    ("names", "src/tallystick/payments/utils.py", "X = 1\n"),
    ("names", "src/tallystick/payments/card_helpers.py", "X = 1\n"),
    ("names", "tests/rooms/common/test_x.py", "X = 1\n"),
    ("sizes", "src/tallystick/payments/pay.py", "X = 1\n" * 401),
    ("sizes", "src/tallystick/payments/pay.py", "def f():\n" + "    x = 1\n" * 60),
    ("sizes", "tests/test_x.py", "class A:\n    async def f(self):\n" + "        x = 1\n" * 60),
    ("readmes", "src/tallystick/payments/__init__.py", DOOR),
    ("readmes", "src/tallystick/ledger/README.md", "line\n" * 61),
    ("words", "docs/page.md", MARK),
    ("words", "tools/fetch", f"curl {HOST}\n"),
    ("words", "requirements/dev.lock", f"--index-url {HOST}\n"),
    ("words", "docs/page.md", FOLDER),
    ("doors", "src/tallystick/payments/pay.py", "from tallystick.ledger.store import rows\n"),
    ("doors", "src/tallystick/payments/pay.py", "from tallystick.ledger import store\n"),
    ("doors", "src/tallystick/payments/pay.py", "import tallystick.ledger.store\n"),
    ("doors", "src/tallystick/payments/pay.py", "from ..ledger.store import rows\n"),
    ("doors", "src/tallystick/payments/pay.py", "from tallystick.ledger.api import endpoints\n"),
    ("doors", "src/tallystick/payments/pay.py", "from tallystick import ledger\nROWS = ledger.store.rows\n"),
    ("doors", "src/tallystick/payments/__init__.py", DOOR + "def decide():\n    return 1\n"),
    ("doors", "src/tallystick/payments/__init__.py", "from tallystick.payments.pay import pay\n"),
    ("borders", "src/tallystick/payments/pay.py", "from sqlalchemy import select\n"),
    ("borders", "src/tallystick/payments/pay.py", "import asyncpg\n"),
    ("borders", "src/tallystick/payments/pay.py", "from starlette.requests import Request\n"),
    ("borders", "src/tallystick/payments/pay.py", "import aiohttp\n"),
    ("borders", "src/tallystick/connectors/psps/adyen.py", "import aiohttp\n"),
    ("borders", "src/tallystick/payments/pay.py", "import urllib.request\n"),
    ("borders", "src/tallystick/payments/pay.py", "from tallystick.sandbox import Processor\n"),
    ("borders", "src/tallystick/payments/pay.py", "from tallystick import sandbox\n"),
    ("plugs", "src/tallystick/connectors/psps/adyen.py", "class Adyen:\n    name = 'adyen'\n"),
    ("plugs", "src/tallystick/connectors/psps/sandbox.py", "from tallystick.connectors.psps.other import X\n"),
    ("plugs", "src/tallystick/statements/formats/mt940/__init__.py", "class Mt940:\n    name = 'mt940'\n"),
    ("silencers", "src/tallystick/payments/pay.py", f"X = 1  {IGNORE}\n"),
    ("silencers", "src/tallystick/payments/pay.py", f"X = 1  {IGNORE}[attr-defined]\n"),
    ("silencers", "src/tallystick/payments/pay.py", f"X = 1  {NOQA}\n"),
    ("declared", "src/tallystick/payments/pay.py", "import numpy\n"),
    ("declared", "src/tallystick/payments/pay.py", "import pytest\n"),
    ("declared", "tests/test_x.py", "import numpy\n"),
    (
        "declared",
        "pyproject.toml",
        '[project]\nrequires-python = ">=3.11"\ndependencies = ["structlog", "sqlalchemy", "unused"]\n',
    ),
    ("locked", "pyproject.toml", '[project]\nrequires-python = ">=3.12"\ndependencies = ["structlog"]\n'),
    ("locked", "requirements/bootstrap.in", "uv>=99\n"),
]

GOOD: list[tuple[str, str]] = [
    (FLOATS, "def fee(amount):\n    return amount * 29 // 1000\n"),
    (FLOATS, "def where(folder, day):\n    return folder / f'{day}.csv'\n"),
    (FLOATS, "from pathlib import Path\ndef where(folder: Path, name):\n    return folder / name\n"),
    ("src/tallystick/web/limits.py", "TIMEOUT_SECONDS = 0.5\n"),
    ("src/tallystick/base/clock.py", "import time\ndef now():\n    return time.time_ns() // 1000\n"),
    (CLOCKS, "import random\ndef f(seed):\n    return random.Random(seed).random()\n"),
    (CLOCKS, "import asyncio\nasync def f(clock):\n    await asyncio.sleep(0)\n    await clock.sleep(1)\n"),
    (CLOCKS, "from datetime import datetime\ndef f(text):\n    return datetime.fromisoformat(text)\n"),
    ("src/tallystick/payments/pay.py", "def f():\n" + "    x = 1\n" * 59),
    ("src/tallystick/payments/pay.py", "from tallystick import ledger\nTHING = ledger.thing\n"),
    ("src/tallystick/payments/pay.py", "from tallystick.ledger import thing\n"),
    ("src/tallystick/payments/pay.py", "from tallystick.payments.store import rows\n"),
    ("tests/test_x.py", "import pytest\nimport tools.lint\n"),
    ("src/tallystick/app.py", "from tallystick.ledger.api import endpoints\n"),
    ("src/tallystick/payments/store.py", "from sqlalchemy import select\n"),
    ("src/tallystick/payments/pay.py", f"X = 1  {IGNORE}[attr-defined]  # the stubs lack it\n"),
    ("docs/page.md", "See /v1/payments, ~/work/x and https://example.com/home/page. XXX is no currency.\n"),
]

HOUSE = {
    "pyproject.toml": '[project]\nrequires-python = ">=3.11"\ndependencies = ["structlog", "sqlalchemy"]\n'
    '[dependency-groups]\ntest = ["pytest"]\n',
    "requirements/bootstrap.in": "uv\n",
    "src/tallystick/__init__.py": "",
    "src/tallystick/base/log.py": "import structlog\n",
    "src/tallystick/ledger/__init__.py": DOOR,
    "src/tallystick/ledger/README.md": "The ledger.\n",
    "src/tallystick/ledger/store.py": "import sqlalchemy\nrows = []\n",
    "src/tallystick/ledger/api.py": "endpoints = ()\n",
    "src/tallystick/connectors/registry.py": "from tallystick.connectors.psps import sandbox\nPLUGS = (sandbox,)\n",
    "src/tallystick/connectors/psps/__init__.py": "",
    "src/tallystick/connectors/psps/sandbox.py": "NAME = 'sandbox'\n",
    "src/tallystick/connectors/psps/other.py": "X = 1\n",
    "src/tallystick/statements/formats/__init__.py": "",
    "src/tallystick/db/backends/__init__.py": 'BACKENDS = ("sqlite",)\n',
    "src/tallystick/db/backends/sqlite.py": "SCHEME = 'sqlite'\n",
}


def build(root: Path, files: dict[str, str]) -> project.Project:
    """A small house with locks that belong to its pyproject, then the files of the case."""
    for path, text in HOUSE.items():
        write(root, path, text)
    for lock in rules.locked.LOCKS:
        write(root, f"requirements/{lock}", "structlog==1\n")
    rules.locked.write(root)
    for path, text in files.items():
        write(root, path, text)
    return project.Project(root)


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def found(root: Path, files: dict[str, str], exceptions: Path | None = None) -> set[tuple[str, str]]:
    """(rule, path) of every finding."""
    listed = exceptions or root / "exceptions.toml"
    return {(rule, finding.path) for rule, finding in rules.findings(build(root, files), listed)}


@pytest.mark.parametrize(
    ("rule", "path", "text"), BAD, ids=[f"{rule}-{number}" for number, (rule, *_) in enumerate(BAD)]
)
def test_a_rule_finds_what_it_is_for(tmp_path: Path, rule: str, path: str, text: str) -> None:
    (tmp_path / "before").mkdir()
    before = found(tmp_path / "before", {})
    fresh = found(tmp_path / "after", {path: text}) - before
    assert rule in {name for name, _ in fresh}


@pytest.mark.parametrize(("path", "text"), GOOD)
def test_what_is_allowed_is_left_alone(tmp_path: Path, path: str, text: str) -> None:
    (tmp_path / "before").mkdir()
    before = found(tmp_path / "before", {})
    fresh = found(tmp_path / "after", {path: text}) - before
    assert {(rule, where) for rule, where in fresh if rule != "readmes"} == set()


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, _, _ in BAD} == {rules.rule_name(rule) for rule in rules.RULES}


def test_an_exception_excuses_by_name_and_needs_a_reason(tmp_path: Path) -> None:
    house = {FLOATS: "def wait():\n    return 0.5\n"}
    excuse = '[[floats]]\npath = "{path}"\nnames = ["wait"]\nreason = "{reason}"\n'
    listed = tmp_path / "exceptions.toml"

    listed.write_text(excuse.format(path=FLOATS, reason="seconds, not money"))
    assert ("floats", FLOATS) not in found(tmp_path / "excused", house, listed)

    listed.write_text(excuse.format(path=FLOATS, reason=""))
    assert ("floats", "tools/lint/exceptions.toml") in found(tmp_path / "no-reason", house, listed)

    listed.write_text(excuse.format(path="src/tallystick/ledger/gone.py", reason="seconds, not money"))
    stale = found(tmp_path / "stale", house, listed)
    assert {("floats", FLOATS), ("floats", "tools/lint/exceptions.toml")} <= stale


def test_the_listed_racks_are_the_houses(tmp_path: Path) -> None:
    """A rack the plug rule does not know would have no guard: every folder below a room beside a contract is listed."""
    here = project.Project(Path(__file__).resolve().parents[2])
    folders = {str(source.path.parent.relative_to(project.PACKAGE)) for source in here.package}
    contracts = {str(path.relative_to(project.PACKAGE)) for path in here.paths if path.name == "contract.py"}
    inside = {contract.removesuffix("/contract.py") for contract in contracts if contract.count("/") == 2}
    assert inside & folders <= set(rules.plugs.RACKS)
