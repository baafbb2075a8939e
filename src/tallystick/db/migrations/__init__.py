"""Changes of the tables, one file each, run in order by Alembic."""
