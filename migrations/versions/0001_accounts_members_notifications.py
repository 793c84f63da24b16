"""Accounts, sessions, membership and notifications"""

from alembic import op

from app.core.ddl import add_foreign_key

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS client_portal.accounts (
        user_id uuid NOT NULL,
        email text NOT NULL,
        display_name text NOT NULL,
        role text NOT NULL,
        password_hash text NOT NULL,
        is_active boolean DEFAULT true NOT NULL,
        created_at timestamptz DEFAULT now() NOT NULL,
        updated_at timestamptz DEFAULT now() NOT NULL,
        CONSTRAINT pk_accounts PRIMARY KEY (user_id),
        CONSTRAINT ck_accounts_role CHECK (role IN ('admin', 'staff', 'developer', 'client'))
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.sessions (
        id uuid DEFAULT gen_random_uuid() NOT NULL,
        user_id uuid NOT NULL,
        created_at timestamptz DEFAULT now() NOT NULL,
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        CONSTRAINT pk_sessions PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.login_throttle (
        key text NOT NULL,
        failures integer NOT NULL,
        window_ends_at timestamptz NOT NULL,
        CONSTRAINT pk_login_throttle PRIMARY KEY (key)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.project_members (
        project_id uuid NOT NULL,
        user_id uuid NOT NULL,
        role text NOT NULL,
        created_at timestamptz DEFAULT now() NOT NULL,
        CONSTRAINT pk_project_members PRIMARY KEY (project_id, user_id),
        CONSTRAINT ck_project_members_role CHECK (role IN ('manager', 'developer', 'client'))
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.notifications (
        id uuid DEFAULT gen_random_uuid() NOT NULL,
        project_id uuid NOT NULL,
        recipient_user_id uuid NOT NULL,
        type text NOT NULL,
        source_kind text NOT NULL,
        source_id uuid NOT NULL,
        title text NOT NULL,
        body text,
        is_read boolean DEFAULT false NOT NULL,
        created_at timestamptz DEFAULT now() NOT NULL,
        CONSTRAINT pk_notifications PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.notification_settings (
        recipient_user_id uuid NOT NULL,
        email_enabled boolean DEFAULT false NOT NULL,
        push_enabled boolean DEFAULT false NOT NULL,
        realtime_enabled boolean DEFAULT true NOT NULL,
        CONSTRAINT pk_notification_settings PRIMARY KEY (recipient_user_id)
    )
    """,
)

INDEXES = (
    """
    CREATE UNIQUE INDEX IF NOT EXISTS uq_accounts_email_lower ON client_portal.accounts (lower(email))
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_sessions_user_id ON client_portal.sessions (user_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_project_members_user_id ON client_portal.project_members (user_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_notifications_recipient_user_id_is_read_created_at
        ON client_portal.notifications (recipient_user_id, is_read, created_at)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_notifications_project_id_created_at
        ON client_portal.notifications (project_id, created_at)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_notifications_recipient_user_id_created_at_id
        ON client_portal.notifications (recipient_user_id, created_at, id)
    """,
)


def upgrade() -> None:
    for statement in TABLES + INDEXES:
        op.execute(statement)
    add_foreign_key("sessions", "user_id", "client_portal.accounts(user_id)")
    # Last, because from here to the commit writers of the host's tables wait.
    add_foreign_key("accounts", "user_id", "public.users(id)")
    add_foreign_key("project_members", "user_id", "public.users(id)")
    add_foreign_key("notifications", "recipient_user_id", "public.users(id)")
    add_foreign_key("notification_settings", "recipient_user_id", "public.users(id)")
    add_foreign_key("project_members", "project_id", "public.projects(id)")
    add_foreign_key("notifications", "project_id", "public.projects(id)")


def downgrade() -> None:
    # One statement, because it locks the host's tables from its first drop to the commit.
    op.execute(
        """
        DROP TABLE IF EXISTS
            client_portal.notification_settings,
            client_portal.notifications,
            client_portal.project_members,
            client_portal.login_throttle,
            client_portal.sessions,
            client_portal.accounts
        """
    )
