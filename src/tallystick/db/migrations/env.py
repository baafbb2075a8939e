"""Alembic's entry: it runs on the connection that `schema.migrate` hands over, and on nothing else."""

from alembic import context

from tallystick.db.columns import METADATA


def run() -> None:
    """Run the revisions that are wanted, each on the connection in the configuration's attributes."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=METADATA, compare_type=False)
    with context.begin_transaction():
        context.run_migrations()


run()
