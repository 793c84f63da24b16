"""Upgrade: exactly the tables of the requirement, on any host, as a role with few rights, and nothing else changes."""

import asyncpg
import pytest

from app.core.errors import StartupError
from app.core.migrations import current, head, is_current, upgrade
from tests.migrations.conftest import MINIMAL_RIGHTS, MakeHost
from tests.migrations.host import ODDITIES, PLAIN_HOST, Host

COLUMNS = """
    SELECT string_agg(concat_ws(' ', column_name, data_type, CASE is_nullable WHEN 'NO' THEN 'not null' END,
               column_default), ', ' ORDER BY ordinal_position)
      FROM information_schema.columns WHERE table_schema = 'client_portal' AND table_name = '{}'
"""
INDEXES = """
    SELECT array_agg(regexp_replace(indexdef, '.* USING ', '') ORDER BY indexdef)
      FROM pg_indexes WHERE schemaname = 'client_portal' AND tablename = '{}'
"""
FOREIGN_KEYS = """
    SELECT array_agg(DISTINCT pg_get_constraintdef(oid)) FROM pg_constraint
     WHERE contype = 'f' AND connamespace = 'client_portal'::regnamespace AND confrelid = '{}'::regclass
"""


async def test_notifications_have_the_columns_of_the_requirement(host: Host) -> None:
    await upgrade(host.url)
    assert await host.value(COLUMNS.format("notifications")) == (
        "id uuid not null gen_random_uuid(), project_id uuid not null, recipient_user_id uuid not null, "
        "type text not null, source_kind text not null, source_id uuid not null, title text not null, body text, "
        "is_read boolean not null false, created_at timestamp with time zone not null now()"
    )
    assert await host.value(COLUMNS.format("notification_settings")) == (
        "recipient_user_id uuid not null, email_enabled boolean not null false, "
        "push_enabled boolean not null false, realtime_enabled boolean not null true"
    )


async def test_notifications_have_the_indexes_of_the_requirement_and_what_reading_needs(host: Host) -> None:
    await upgrade(host.url)
    assert await host.value(INDEXES.format("notifications")) == [
        "btree (project_id, created_at)",
        "btree (recipient_user_id, created_at, id)",
        "btree (recipient_user_id, is_read, created_at)",
        "btree (recipient_user_id, source_id) WHERE (NOT is_read)",
        "btree (id)",
    ]


async def test_every_foreign_key_to_the_host_restricts_deletes(host: Host) -> None:
    await upgrade(host.url)
    keys = await host.value(FOREIGN_KEYS.format("public.users")) + await host.value(
        FOREIGN_KEYS.format("public.projects")
    )
    assert sorted(set(keys)) == [
        "FOREIGN KEY (actor_id) REFERENCES users(id) ON DELETE RESTRICT",
        "FOREIGN KEY (assignee_id) REFERENCES users(id) ON DELETE RESTRICT",
        "FOREIGN KEY (author_id) REFERENCES users(id) ON DELETE RESTRICT",
        "FOREIGN KEY (client_id) REFERENCES users(id) ON DELETE RESTRICT",
        "FOREIGN KEY (decider_id) REFERENCES users(id) ON DELETE RESTRICT",
        "FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE RESTRICT",
        "FOREIGN KEY (recipient_id) REFERENCES users(id) ON DELETE RESTRICT",
        "FOREIGN KEY (recipient_user_id) REFERENCES users(id) ON DELETE RESTRICT",
        "FOREIGN KEY (requester_id) REFERENCES users(id) ON DELETE RESTRICT",
        "FOREIGN KEY (uploader_id) REFERENCES users(id) ON DELETE RESTRICT",
        "FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE RESTRICT",
    ]


async def test_says_which_revisions_it_took(host: Host) -> None:
    assert await current(host.url) is None
    assert not await is_current(host.url)
    taken = await upgrade(host.url)
    assert taken[0] == "0001"
    assert taken[-1] == head() == await current(host.url)
    assert await is_current(host.url)


async def test_a_second_run_does_nothing(host: Host) -> None:
    await upgrade(host.url)
    before = await host.dump()
    fingerprint = await host.fingerprint()
    assert await upgrade(host.url) == []
    assert await host.fingerprint() == fingerprint
    assert await host.dump() == before


async def test_an_odd_host_stays_the_same_byte_for_byte(odd_host: Host) -> None:
    before = await odd_host.public()
    await upgrade(odd_host.url)
    assert await odd_host.public() == before
    assert await is_current(odd_host.url)


async def test_the_role_can_work_with_the_tables_and_the_host_cannot_delete_what_they_point_at(odd_host: Host) -> None:
    await upgrade(odd_host.url)
    add = """
        INSERT INTO client_portal.notifications (project_id, recipient_user_id, type, source_kind, source_id, title)
        VALUES ($1, $2, 'issue_created', 'issue', gen_random_uuid(), 'A leak') RETURNING id, is_read
    """
    project, user = await odd_host.value("SELECT (p.id, u.id) FROM public.projects p, public.users u LIMIT 1")
    async with odd_host.session(odd_host.url) as portal:
        row = await portal.fetchrow(add, project, user)
        assert row["id"] is not None
        assert row["is_read"] is False
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await portal.fetchrow(add, user, project)
    for table, key in (("projects", project), ("users", user)):
        with pytest.raises((asyncpg.RestrictViolationError, asyncpg.ForeignKeyViolationError), match="notifications"):
            await odd_host.execute(f"DELETE FROM public.{table} WHERE id = '{key}'")


async def test_the_version_is_kept_in_the_schema_of_ours_only(odd_host: Host) -> None:
    await upgrade(odd_host.url)
    assert await odd_host.value("SELECT array_agg(version_num) FROM client_portal.alembic_version") == [head()]
    assert await odd_host.value("SELECT count(*) FROM public.alembic_version") == 2


async def test_dropping_the_schema_leaves_the_host_as_it_was(odd_host: Host) -> None:
    before = await odd_host.public()
    triggers = "SELECT count(*) FROM pg_trigger"
    triggers_before = await odd_host.value(triggers)
    await upgrade(odd_host.url)
    async with odd_host.session(odd_host.url) as portal:
        await portal.execute("DROP SCHEMA client_portal CASCADE")
    assert await odd_host.public() == before
    assert await odd_host.value(triggers) == triggers_before
    assert await upgrade(odd_host.url)


async def test_a_schema_made_by_the_administrator_is_enough(make_host: MakeHost) -> None:
    host = await make_host(
        PLAIN_HOST + MINIMAL_RIGHTS + "CREATE SCHEMA client_portal AUTHORIZATION tenant;", may_create=False
    )
    await upgrade(host.url)
    assert await is_current(host.url)


async def test_without_the_right_to_make_the_schema_it_says_what_to_run(make_host: MakeHost) -> None:
    host = await make_host(may_create=False)
    before = await host.fingerprint()
    with pytest.raises(StartupError) as refusal:
        await upgrade(host.url)
    assert str(refusal.value).endswith("run CREATE SCHEMA client_portal AUTHORIZATION tenant;")
    assert await host.fingerprint() == before
    await host.execute("CREATE SCHEMA client_portal AUTHORIZATION tenant;")
    assert await upgrade(host.url)


async def test_a_schema_of_somebody_else_is_left_alone(host: Host) -> None:
    await host.execute("CREATE SCHEMA client_portal")
    before = await host.fingerprint()
    with pytest.raises(StartupError, match=r"belongs to postgres, not to tenant: .* OWNER TO tenant;$"):
        await upgrade(host.url)
    assert await host.fingerprint() == before
    await host.execute("ALTER SCHEMA client_portal OWNER TO tenant;")
    assert await upgrade(host.url)


async def test_a_role_named_like_the_schema_sees_the_same(make_host: MakeHost) -> None:
    rights = MINIMAL_RIGHTS.replace("tenant;", "client_portal;")
    leftover = "CREATE SCHEMA client_portal AUTHORIZATION client_portal"
    host = await make_host(
        f"{PLAIN_HOST} {ODDITIES} {rights} {leftover} CREATE TABLE login_throttle (key int);", role="client_portal"
    )
    await host.execute("ALTER TABLE client_portal.login_throttle OWNER TO client_portal")
    with pytest.raises(StartupError, match=r"\(login_throttle\)"):
        await upgrade(host.url)
    await host.execute("DROP TABLE client_portal.login_throttle")
    await host.execute("CREATE TABLE client_portal.elsewhere (id int)")
    before = await host.public()
    assert await upgrade(host.url)
    assert await host.public() == before


async def test_tables_left_over_from_before_are_kept_with_their_rows(host: Host) -> None:
    await upgrade(host.url)
    async with host.session(host.url) as portal:
        await portal.execute("INSERT INTO client_portal.login_throttle VALUES ('somebody', 1, now())")
        await portal.execute(
            "DROP TABLE client_portal.alembic_version, client_portal.notifications, client_portal.sessions"
        )
        await portal.execute("ALTER TABLE client_portal.accounts DROP CONSTRAINT fk_accounts_user_id")
        await portal.execute("DROP INDEX client_portal.ix_project_members_user_id")
    before = await host.public()
    assert await upgrade(host.url)
    assert await host.public() == before
    assert await host.value("SELECT key FROM client_portal.login_throttle") == "somebody"
    assert await host.value("SELECT to_regclass('client_portal.ix_project_members_user_id') IS NOT NULL")
    assert await host.value("SELECT count(*) FROM pg_constraint WHERE conname = 'fk_accounts_user_id'") == 1


@pytest.mark.parametrize(
    "leftover",
    [
        "CREATE TABLE client_portal.login_throttle (key text PRIMARY KEY, failures int NOT NULL)",
        "CREATE TABLE client_portal.login_throttle (key int PRIMARY KEY, failures int, window_ends_at timestamptz)",
    ],
)
async def test_tables_of_our_names_that_are_not_ours_stop_it(host: Host, leftover: str) -> None:
    async with host.session(host.url) as portal:
        await portal.execute("CREATE SCHEMA client_portal")
        await portal.execute(leftover)
    before = await host.fingerprint()
    with pytest.raises(StartupError, match=r"differ from what this version needs \(login_throttle\): nothing was"):
        await upgrade(host.url)
    assert await host.fingerprint() == before


async def test_a_statement_that_fails_is_one_line_and_changes_nothing(host: Host) -> None:
    async with host.session(host.url) as portal:
        await portal.execute("CREATE SCHEMA client_portal CREATE VIEW sessions AS SELECT 1 AS id")
    before = await host.fingerprint()
    with pytest.raises(StartupError) as failure:
        await upgrade(host.url)
    assert "sessions" in str(failure.value)
    assert "\n" not in str(failure.value)
    assert await host.fingerprint() == before


async def test_the_comparison_of_the_host_would_notice_a_change(odd_host: Host) -> None:
    seen = {await odd_host.public()}
    for change in (
        "ALTER TABLE public.users ALTER mood DROP DEFAULT",
        "ALTER TABLE public.users ENABLE TRIGGER touch",
        "GRANT SELECT (email) ON public.users TO runner",
        "DELETE FROM public.alembic_version WHERE version_num = '0001'",
    ):
        await odd_host.execute(change)
        seen.add(await odd_host.public())
    assert len(seen) == 5


async def test_a_database_from_a_newer_version_is_refused(host: Host) -> None:
    await upgrade(host.url)
    async with host.session(host.url) as portal:
        await portal.execute("UPDATE client_portal.alembic_version SET version_num = '9999'")
    assert not await is_current(host.url)
    with pytest.raises(StartupError, match=r"revision 9999, which this version does not have: .* newer"):
        await upgrade(host.url)


async def test_an_unknown_revision_is_refused(host: Host) -> None:
    with pytest.raises(StartupError, match="Can't locate revision identified by 'nonsense': nothing was changed"):
        await upgrade(host.url, "nonsense")
    assert not await host.schema_exists()


async def test_a_read_only_server_is_one_line(host: Host) -> None:
    await host.execute(f"ALTER DATABASE {host.name} SET default_transaction_read_only = on")
    with pytest.raises(StartupError, match="takes no writes"):
        await upgrade(host.url)


async def test_a_role_without_rights_on_tables_that_are_there_can_tell_and_start(host: Host) -> None:
    await upgrade(host.url)
    runner = host.url.replace("tenant:", "runner:")
    with pytest.raises(StartupError, match="GRANT USAGE ON SCHEMA client_portal"):
        await is_current(runner)
    await host.execute(
        "GRANT USAGE ON SCHEMA client_portal TO runner; GRANT SELECT ON client_portal.alembic_version TO runner"
    )
    assert await is_current(runner)
    assert await upgrade(runner) == []
