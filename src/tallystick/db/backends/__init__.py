"""The databases that are spoken: one file each, one line here."""

BACKENDS = ("sqlite", "postgres", "mysql")
