"""What builds, checks and serves the project; nothing here is installed with it."""
