"""`make check`: format, lints, types, import order, rules of the house, docs.

All run: one that fails does not hide another. Each prints its own findings; exit code 1 when any failed, with the list
of those at the end.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
AT_ONCE = 2


@dataclass(frozen=True)
class Step:
    """One command and what it is called."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """How a step ended."""

    step: Step
    passed: bool
    output: str
    seconds: float


STEPS = (
    Step("types", ("mypy",)),
    Step("format", ("ruff", "format", "--check", ".")),
    Step("lint", ("ruff", "check", ".")),
    Step("import order", ("lint-imports", "--no-logo")),
    Step("rules of the house", ("python", "-m", "tools.lint")),
    Step("house and docs tests", ("python", "-m", "pytest", "-q", "tests/house", "tests/docs")),
)


def run(step: Step) -> Result:
    """Run one step from the project's root."""
    began = time.monotonic()
    program, *arguments = step.command
    finished = subprocess.run(
        [str(BIN / program), *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Result(step, finished.returncode == 0, finished.stdout.strip(), time.monotonic() - began)


def main() -> int:
    failed = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for result in pool.map(run, STEPS):
            last = result.output.splitlines()[-1] if result.output else ""
            if result.passed:
                print(f"ok      {result.step.name:22} {result.seconds:5.1f} s  {last}", flush=True)
            else:
                failed.append(result.step.name)
                print(f"FAILED  {result.step.name:22} {result.seconds:5.1f} s\n{result.output}\n", flush=True)
    print(f"check failed: {', '.join(failed)}" if failed else "check passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
