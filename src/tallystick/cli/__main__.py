"""`python -m tallystick.cli`: the same as the `tallystick` command."""

from tallystick.cli.root import main

main()
