"""E-mail, web push, and each person's preferences"""

from alembic import op

from app.core.ddl import add_foreign_key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS client_portal.email_outbox (
        id uuid DEFAULT gen_random_uuid() NOT NULL,
        recipient_id uuid NOT NULL,
        thread uuid NOT NULL,
        address text,
        is_forced boolean DEFAULT false NOT NULL,
        state text DEFAULT 'waiting' NOT NULL,
        due_at timestamptz NOT NULL,
        generation integer DEFAULT 0 NOT NULL,
        attempts integer DEFAULT 0 NOT NULL,
        error text,
        failing_since timestamptz,
        created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        ended_at timestamptz,
        CONSTRAINT pk_email_outbox PRIMARY KEY (id),
        CONSTRAINT ck_email_outbox_state CHECK (
            state IN ('waiting', 'sending', 'retrying', 'sent', 'not_sent', 'dead', 'dropped')
        )
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.email_items (
        notification_id uuid NOT NULL,
        email_id uuid NOT NULL,
        project_id uuid NOT NULL,
        type text NOT NULL,
        source_kind text NOT NULL,
        source_id uuid NOT NULL,
        title text NOT NULL,
        body text,
        is_read boolean DEFAULT false NOT NULL,
        created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_email_items PRIMARY KEY (notification_id),
        CONSTRAINT fk_email_items_email_id FOREIGN KEY (email_id)
            REFERENCES client_portal.email_outbox (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.email_suppressions (
        address text NOT NULL,
        reason text NOT NULL,
        created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_email_suppressions PRIMARY KEY (address)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.push_outbox (
        id uuid DEFAULT gen_random_uuid() NOT NULL,
        recipient_id uuid NOT NULL,
        done_for uuid[] DEFAULT '{}' NOT NULL,
        state text DEFAULT 'waiting' NOT NULL,
        due_at timestamptz NOT NULL,
        generation integer DEFAULT 0 NOT NULL,
        attempts integer DEFAULT 0 NOT NULL,
        error text,
        failing_since timestamptz,
        created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        ended_at timestamptz,
        CONSTRAINT pk_push_outbox PRIMARY KEY (id),
        CONSTRAINT ck_push_outbox_state CHECK (
            state IN ('waiting', 'sending', 'retrying', 'sent', 'not_sent', 'dead', 'dropped')
        )
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.push_subscriptions (
        id uuid DEFAULT gen_random_uuid() NOT NULL,
        user_id uuid NOT NULL,
        endpoint text NOT NULL,
        p256dh text NOT NULL,
        auth text NOT NULL,
        created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        failures_since timestamptz,
        rests_until timestamptz,
        CONSTRAINT pk_push_subscriptions PRIMARY KEY (id),
        CONSTRAINT uq_push_subscriptions_endpoint UNIQUE (endpoint)
    )
    """,
    """
    CREATE UNLOGGED TABLE IF NOT EXISTS client_portal.visibility (
        user_id uuid NOT NULL,
        visible_until timestamptz NOT NULL,
        CONSTRAINT pk_visibility PRIMARY KEY (user_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.notification_times (
        user_id uuid NOT NULL,
        digest text DEFAULT 'at_once' NOT NULL,
        time_zone text,
        quiet_from time,
        quiet_to time,
        CONSTRAINT pk_notification_times PRIMARY KEY (user_id),
        CONSTRAINT ck_notification_times_digest CHECK (digest IN ('at_once', 'hourly', 'daily')),
        CONSTRAINT ck_notification_times_quiet_hours CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.notification_choices (
        user_id uuid NOT NULL,
        type text NOT NULL,
        bell boolean DEFAULT true NOT NULL,
        email boolean DEFAULT true NOT NULL,
        CONSTRAINT pk_notification_choices PRIMARY KEY (user_id, type)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.muted_projects (
        user_id uuid NOT NULL,
        project_id uuid NOT NULL,
        created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_muted_projects PRIMARY KEY (user_id, project_id)
    )
    """,
)

INDEXES = (
    """
    CREATE INDEX IF NOT EXISTS ix_email_outbox_created_at_id ON client_portal.email_outbox (created_at, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_email_outbox_due_at
        ON client_portal.email_outbox (due_at) WHERE state IN ('waiting', 'sending', 'retrying')
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_email_outbox_recipient_id_state ON client_portal.email_outbox (recipient_id, state)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_email_outbox_state_created_at_id
        ON client_portal.email_outbox (state, created_at, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_email_outbox_state_ended_at
        ON client_portal.email_outbox (state, ended_at) WHERE ended_at IS NOT NULL
    """,
    """
    CREATE UNIQUE INDEX IF NOT EXISTS ix_email_outbox_waiting_recipient_id_thread
        ON client_portal.email_outbox (recipient_id, thread) WHERE state = 'waiting'
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_email_items_email_id ON client_portal.email_items (email_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_push_outbox_created_at ON client_portal.push_outbox (created_at)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_push_outbox_due_at
        ON client_portal.push_outbox (due_at) WHERE state IN ('waiting', 'sending', 'retrying')
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_push_outbox_recipient_id ON client_portal.push_outbox (recipient_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_push_outbox_state_ended_at
        ON client_portal.push_outbox (state, ended_at) WHERE ended_at IS NOT NULL
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_push_subscriptions_user_id ON client_portal.push_subscriptions (user_id)
    """,
)


def upgrade() -> None:
    for statement in (*TABLES, *INDEXES):
        op.execute(statement)
    # Last, because from here to the commit writers of the host's tables wait.
    add_foreign_key("email_outbox", "recipient_id", "public.users(id)")
    add_foreign_key("push_outbox", "recipient_id", "public.users(id)")
    add_foreign_key("push_subscriptions", "user_id", "public.users(id)")
    add_foreign_key("notification_times", "user_id", "public.users(id)")
    add_foreign_key("notification_choices", "user_id", "public.users(id)")
    add_foreign_key("muted_projects", "user_id", "public.users(id)")
    add_foreign_key("muted_projects", "project_id", "public.projects(id)")


def downgrade() -> None:
    # One statement, because it locks the host's tables from its first drop to the commit.
    op.execute(
        """
        DROP TABLE IF EXISTS
            client_portal.muted_projects,
            client_portal.notification_choices,
            client_portal.notification_times,
            client_portal.visibility,
            client_portal.push_subscriptions,
            client_portal.push_outbox,
            client_portal.email_suppressions,
            client_portal.email_items,
            client_portal.email_outbox
        """
    )
