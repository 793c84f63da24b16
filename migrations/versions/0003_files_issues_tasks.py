"""Files, issues and requirements, tasks and approvals; search"""

from alembic import op

from app.core.ddl import add_check, add_foreign_key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    """
    ALTER TABLE client_portal.rooms ADD COLUMN IF NOT EXISTS files_size bigint DEFAULT 0 NOT NULL
    """,
    """
    ALTER TABLE client_portal.messages ADD COLUMN IF NOT EXISTS file_count integer DEFAULT 0 NOT NULL
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.files (
        id uuid NOT NULL,
        room_id uuid NOT NULL,
        uploader_id uuid NOT NULL,
        name text NOT NULL,
        media_type text NOT NULL,
        size bigint NOT NULL,
        sha256 text NOT NULL,
        key text NOT NULL,
        width integer,
        height integer,
        has_thumbnail boolean DEFAULT false NOT NULL,
        created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        shared_at timestamptz,
        CONSTRAINT pk_files PRIMARY KEY (id),
        CONSTRAINT uq_files_key UNIQUE (key)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.file_uploads (
        key text NOT NULL,
        room_id uuid NOT NULL,
        uploader_id uuid NOT NULL,
        size bigint NOT NULL,
        touched_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_file_uploads PRIMARY KEY (key)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.file_sweeps (
        id integer NOT NULL,
        holder uuid NOT NULL,
        ends_at timestamptz NOT NULL,
        CONSTRAINT pk_file_sweeps PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.attachments (
        kind text NOT NULL,
        subject_id uuid NOT NULL,
        file_id uuid NOT NULL,
        position integer NOT NULL,
        CONSTRAINT pk_attachments PRIMARY KEY (kind, subject_id, file_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.issues (
        id uuid NOT NULL,
        room_id uuid NOT NULL,
        author_id uuid NOT NULL,
        kind text NOT NULL,
        title text NOT NULL,
        body text DEFAULT '' NOT NULL,
        status text DEFAULT 'open' NOT NULL,
        version integer DEFAULT 1 NOT NULL,
        file_count integer DEFAULT 0 NOT NULL,
        created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_issues PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.issue_changes (
        issue_id uuid NOT NULL,
        version integer NOT NULL,
        actor_id uuid NOT NULL,
        changes jsonb NOT NULL,
        reason text,
        at timestamptz DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_issue_changes PRIMARY KEY (issue_id, version)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.tasks (
        id uuid NOT NULL,
        project_id uuid NOT NULL,
        author_id uuid NOT NULL,
        title text NOT NULL,
        description text DEFAULT '' NOT NULL,
        status text DEFAULT 'todo' NOT NULL,
        due_on date,
        assignee_id uuid,
        position numeric NOT NULL,
        version integer DEFAULT 1 NOT NULL,
        created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        completed_at timestamptz,
        CONSTRAINT pk_tasks PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.task_changes (
        task_id uuid NOT NULL,
        version integer NOT NULL,
        actor_id uuid NOT NULL,
        changes jsonb NOT NULL,
        at timestamptz DEFAULT clock_timestamp() NOT NULL,
        CONSTRAINT pk_task_changes PRIMARY KEY (task_id, version)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS client_portal.approvals (
        id uuid NOT NULL,
        task_id uuid NOT NULL,
        room_id uuid NOT NULL,
        requester_id uuid NOT NULL,
        note text DEFAULT '' NOT NULL,
        snapshot jsonb NOT NULL,
        snapshot_hash text NOT NULL,
        state text DEFAULT 'pending' NOT NULL,
        comment text,
        decider_id uuid,
        file_count integer DEFAULT 0 NOT NULL,
        created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
        decided_at timestamptz,
        CONSTRAINT pk_approvals PRIMARY KEY (id)
    )
    """,
)

CHECKS = (
    ("attachments", "kind", "kind IN ('message', 'issue', 'approval')"),
    ("issues", "kind", "kind IN ('issue', 'requirement')"),
    ("issues", "status", "status IN ('open', 'in_progress', 'done', 'declined')"),
    ("tasks", "status", "status IN ('todo', 'in_progress', 'done')"),
    ("approvals", "state", "state IN ('pending', 'approved', 'changes_requested', 'superseded')"),
)

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
    CREATE INDEX IF NOT EXISTS ix_files_room_id_shared_at_id ON client_portal.files (room_id, shared_at, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_files_unshared_created_at
        ON client_portal.files (created_at) WHERE shared_at IS NULL
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_file_uploads_room_id ON client_portal.file_uploads (room_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_file_uploads_uploader_id ON client_portal.file_uploads (uploader_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_attachments_file_id ON client_portal.attachments (file_id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_issues_room_id_created_at_id ON client_portal.issues (room_id, created_at, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_tasks_project_id_position_id ON client_portal.tasks (project_id, position, id)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_approvals_task_id_created_at ON client_portal.approvals (task_id, created_at)
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_approvals_room_id ON client_portal.approvals (room_id)
    """,
    # One request at a time asks a client about a task.
    """
    CREATE UNIQUE INDEX IF NOT EXISTS ix_approvals_pending_task_id_room_id
        ON client_portal.approvals (task_id, room_id) WHERE state = 'pending'
    """,
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
    for statement in TABLES:
        op.execute(statement)
    for table, name, condition in CHECKS:
        add_check(table, name, condition)
    # Reading all messages into an index takes as long as it takes. Waits for locks stay short.
    op.execute("SET LOCAL statement_timeout = 0")
    for statement in (LEXEMES, *INDEXES):
        op.execute(statement)
    for table in ("files", "file_uploads", "issues", "approvals"):
        add_foreign_key(table, "room_id", "client_portal.rooms(id)")
    add_foreign_key("attachments", "file_id", "client_portal.files(id)")
    add_foreign_key("issue_changes", "issue_id", "client_portal.issues(id)")
    add_foreign_key("approvals", "task_id", "client_portal.tasks(id)")
    add_foreign_key("task_changes", "task_id", "client_portal.tasks(id)")
    # Last, because from here to the commit writers of the host's tables wait.
    add_foreign_key("files", "uploader_id", "public.users(id)")
    add_foreign_key("file_uploads", "uploader_id", "public.users(id)")
    add_foreign_key("issues", "author_id", "public.users(id)")
    add_foreign_key("issue_changes", "actor_id", "public.users(id)")
    add_foreign_key("tasks", "author_id", "public.users(id)")
    add_foreign_key("tasks", "assignee_id", "public.users(id)")
    add_foreign_key("task_changes", "actor_id", "public.users(id)")
    add_foreign_key("approvals", "requester_id", "public.users(id)")
    add_foreign_key("approvals", "decider_id", "public.users(id)")
    add_foreign_key("tasks", "project_id", "public.projects(id)")


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS client_portal.ix_messages_lexemes")
    op.execute("ALTER TABLE client_portal.messages DROP COLUMN IF EXISTS file_count")
    op.execute("ALTER TABLE client_portal.rooms DROP COLUMN IF EXISTS files_size")
    # One statement, because it locks the host's tables from its first drop to the commit.
    op.execute(
        """
        DROP TABLE IF EXISTS
            client_portal.approvals,
            client_portal.task_changes,
            client_portal.tasks,
            client_portal.issue_changes,
            client_portal.issues,
            client_portal.attachments,
            client_portal.file_sweeps,
            client_portal.file_uploads,
            client_portal.files
        """
    )
    op.execute("DROP FUNCTION IF EXISTS client_portal.lexemes(text, text)")
