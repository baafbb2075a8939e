"""What others wrote is shipped as they published it, with its licence."""

from __future__ import annotations

import hashlib

from tallystick.dashboard.render import STATIC

VENDOR = STATIC / "vendor"
OURS = {"CHECKSUMS", "VERSIONS.md"}


def test_every_vendored_file_is_as_published() -> None:
    listed = dict(reversed(line.split("  ./")) for line in (VENDOR / "CHECKSUMS").read_text().splitlines())
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()} - OURS
    assert found == set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_every_vendored_folder_has_its_licence_and_a_line_that_names_it() -> None:
    told = (VENDOR / "VERSIONS.md").read_text()
    for folder in (path for path in VENDOR.iterdir() if path.is_dir()):
        assert (folder / "LICENSE").exists(), folder.name
        assert f"`{folder.name}/`" in told


def test_our_own_scripts_ask_nobody_else() -> None:
    for script in (STATIC / "js").glob("*.js"):
        assert "http" not in script.read_text().replace("https?:", ""), script.name
