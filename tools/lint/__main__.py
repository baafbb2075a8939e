"""`python -m tools.lint`: print what breaks a rule of the house; exit 1 when anything does."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.lint import rules
from tools.lint.project import Project


def main() -> int:
    found = list(rules.findings(Project(Path(__file__).resolve().parents[2])))
    for rule, finding in found:
        print(f"{finding} [{rule}]")
    print(f"{len(found)} findings of {len(rules.RULES)} rules" if found else f"{len(rules.RULES)} rules hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
