"""`python -m tools.reference`: write the generated pages of docs/reference."""

from __future__ import annotations

from tools.reference import pages

for page in pages.PAGES:
    if not pages.current(page):
        (pages.FOLDER / page.PAGE).write_text(pages.text(page))
        print(f"wrote docs/reference/{page.PAGE}")
