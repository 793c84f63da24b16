"""Statements of migrations that Postgres has no IF NOT EXISTS for."""

from alembic import op

from app.core.database import SCHEMA


def add_foreign_key(table: str, column: str, target: str) -> None:
    """Points a column of ours at ``target``, such as ``public.users(id)``, unless it does already.

    On its own and not within CREATE TABLE, because it locks the target against writers until the commit: a revision
    creates its tables and indexes first, and calls this last.
    """
    name = f"fk_{table}_{column}"
    op.execute(
        f"""
        DO $$
        BEGIN
            IF NOT EXISTS (
                SELECT FROM pg_constraint WHERE conname = '{name}' AND conrelid = '{SCHEMA}.{table}'::regclass
            ) THEN
                ALTER TABLE {SCHEMA}.{table}
                    ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {target} ON DELETE RESTRICT;
            END IF;
        END
        $$
        """
    )


def add_check(table: str, name: str, condition: str) -> None:
    """Adds a check to a table of ours, under the name that the models' naming convention gives it."""
    full_name = f"ck_{table}_{name}"
    op.execute(
        f"""
        DO $$
        BEGIN
            IF NOT EXISTS (
                SELECT FROM pg_constraint WHERE conname = '{full_name}' AND conrelid = '{SCHEMA}.{table}'::regclass
            ) THEN
                ALTER TABLE {SCHEMA}.{table} ADD CONSTRAINT {full_name} CHECK ({condition});
            END IF;
        END
        $$
        """
    )
