"""Rooms, messages, read marks, presence, one-time links and the audit log"""

from alembic import op

from app.core.ddl import add_check, add_foreign_key

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    """
    ALTER TABLE client_portal.project_members ADD COLUMN IF NOT EXISTS source text DEFAULT 'portal' NOT NULL
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.rooms (
        id uuid DEFAULT gen_random_uuid() NOT NULL,
        project_id uuid NOT NULL,
        client_id uuid NOT NULL,
        last_number bigint DEFAULT 0 NOT NULL,
        created_at timestamptz DEFAULT now() NOT NULL,
        active_at timestamptz DEFAULT now() NOT NULL,
        CONSTRAINT pk_rooms PRIMARY KEY (id),
        CONSTRAINT uq_rooms_project_id_client_id UNIQUE (project_id, client_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.room_reads (
        room_id uuid NOT NULL,
        user_id uuid NOT NULL,
        number bigint NOT NULL,
        CONSTRAINT pk_room_reads PRIMARY KEY (room_id, user_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.messages (
        id uuid NOT NULL,
        room_id uuid NOT NULL,
        number bigint NOT NULL,
        author_id uuid NOT NULL,
        body text NOT NULL,
        created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_messages PRIMARY KEY (id),
        CONSTRAINT uq_messages_room_id_number UNIQUE (room_id, number)
    )
    """,
    # Unlogged: who is online is no longer true after a crash.
    """
    CREATE UNLOGGED TABLE IF NOT EXISTS client_portal.presence (
        process_id uuid NOT NULL,
        room_id uuid NOT NULL,
        user_id uuid NOT NULL,
        CONSTRAINT pk_presence PRIMARY KEY (process_id, room_id, user_id)
    )
    """,
    """
    CREATE UNLOGGED TABLE IF NOT EXISTS client_portal.presence_processes (
        id uuid NOT NULL,
        seen_at timestamptz NOT NULL,
        CONSTRAINT pk_presence_processes PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.password_links (
        token_hash text NOT NULL,
        user_id uuid NOT NULL,
        created_at timestamptz DEFAULT now() NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        CONSTRAINT pk_password_links PRIMARY KEY (token_hash)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.audit_log (
        id uuid DEFAULT gen_random_uuid() NOT NULL,
        at timestamptz DEFAULT clock_timestamp() NOT NULL,
        actor_id uuid,
        action text NOT NULL,
        user_id uuid,
        project_id uuid,
        address text,
        details jsonb DEFAULT '{}'::jsonb NOT NULL,
        CONSTRAINT pk_audit_log PRIMARY KEY (id)
    )
    """,
)

INDEXES = (
    """
    CREATE INDEX IF NOT EXISTS ix_rooms_client_id ON client_portal.rooms (client_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_notifications_unread_recipient_user_id_source_id
        ON client_portal.notifications (recipient_user_id, source_id) WHERE NOT is_read
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_room_reads_user_id ON client_portal.room_reads (user_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_presence_room_id ON client_portal.presence (room_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_password_links_user_id ON client_portal.password_links (user_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_audit_log_at_id ON client_portal.audit_log (at, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_audit_log_user_id_at_id ON client_portal.audit_log (user_id, at, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_audit_log_project_id_at_id ON client_portal.audit_log (project_id, at, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_audit_log_action_at_id ON client_portal.audit_log (action, at, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_accounts_display_name
        ON client_portal.accounts (lower(left(display_name, 200)), user_id)
    """,
)

APPEND_ONLY = (
    """
    CREATE OR REPLACE FUNCTION client_portal.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE insufficient_privilege USING MESSAGE = 'client_portal.audit_log only grows';
    END
    $$
    """,
    """
    DROP TRIGGER IF EXISTS append_only ON client_portal.audit_log
    """,
    """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON client_portal.audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION client_portal.refuse_change()
    """,
)

# A client who was a member before there were rooms gets theirs.
ROOMS = """
    INSERT INTO client_portal.rooms (project_id, client_id)
    SELECT project_id, user_id FROM client_portal.project_members WHERE role = 'client'
    ON CONFLICT DO NOTHING
"""
READS = """
    INSERT INTO client_portal.room_reads (room_id, user_id, number)
    SELECT rooms.id, members.user_id, rooms.last_number
      FROM client_portal.rooms AS rooms
      JOIN client_portal.project_members AS members USING (project_id)
     WHERE members.role <> 'client' OR members.user_id = rooms.client_id
    ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    add_check("project_members", "source", "source IN ('portal', 'host')")
    for statement in (*INDEXES, *APPEND_ONLY, ROOMS, READS):
        op.execute(statement)
    add_foreign_key("room_reads", "room_id", "client_portal.rooms(id)")
    add_foreign_key("messages", "room_id", "client_portal.rooms(id)")
    add_foreign_key("password_links", "user_id", "client_portal.accounts(user_id)")
    # Last, because from here to the commit writers of the host's tables wait.
    add_foreign_key("rooms", "client_id", "public.users(id)")
    add_foreign_key("room_reads", "user_id", "public.users(id)")
    add_foreign_key("messages", "author_id", "public.users(id)")
    add_foreign_key("rooms", "project_id", "public.projects(id)")


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS client_portal.ix_accounts_display_name")
    op.execute("DROP INDEX IF EXISTS client_portal.ix_notifications_unread_recipient_user_id_source_id")
    op.execute("DELETE FROM client_portal.project_members WHERE source = 'host'")
    op.execute("ALTER TABLE client_portal.project_members DROP COLUMN IF EXISTS source")
    # One statement, because it locks the host's tables from its first drop to the commit.
    op.execute(
        """
        DROP TABLE IF EXISTS
            client_portal.audit_log,
            client_portal.password_links,
            client_portal.presence_processes,
            client_portal.presence,
            client_portal.messages,
            client_portal.room_reads,
            client_portal.rooms
        """
    )
    op.execute("DROP FUNCTION IF EXISTS client_portal.refuse_change()")
