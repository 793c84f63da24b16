"""Search"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LEXEMES = (
    "CREATE OR REPLACE FUNCTION client_portal.lexemes(place text, words text) RETURNS tsvector "
    "LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$"
    "SELECT replace(' ' || regexp_replace(strip(to_tsvector('simple'::regconfig, regexp_replace(words, '"
    r"[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u303f\uff00-\uff0f]"
    "', ' ', 'g')))::text, "
    r"'''[^'']{255,}''', '', 'g'), ' ''', ' ''' || place || ' ')::tsvector"
    "$$"
)

INDEXES = (
    """
    CREATE INDEX IF NOT EXISTS ix_messages_lexemes ON client_portal.messages USING gin
        (client_portal.lexemes((left(room_id::text, 8) || ' ') || ((number / 1000)::text), body))
        WITH (fastupdate = off)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_issues_lexemes ON client_portal.issues USING gin
        (client_portal.lexemes(left(room_id::text, 8), (title || ' ') || body)) WITH (fastupdate = off)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_tasks_lexemes ON client_portal.tasks USING gin
        (client_portal.lexemes(project_id::text, (title || ' ') || description)) WITH (fastupdate = off)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_files_lexemes ON client_portal.files USING gin
        (client_portal.lexemes(left(room_id::text, 8), name)) WITH (fastupdate = off) WHERE shared_at IS NOT NULL
    """,
)


def upgrade() -> None:
    for statement in (LEXEMES, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    for table in ("messages", "issues", "tasks", "files"):
        op.execute(f"DROP INDEX IF EXISTS client_portal.ix_{table}_lexemes")
    op.execute("DROP FUNCTION IF EXISTS client_portal.lexemes(text, text)")
