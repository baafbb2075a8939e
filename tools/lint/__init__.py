"""The rules of the house that no ready-made linter knows: one file per rule, one name in `RULES`.

A rule is a module with `check(project) -> Iterator[Finding]`. Findings that are right to stand are listed with their
reason in exceptions.toml; an entry that excuses nothing is a finding itself, so the list can only shrink.
"""
