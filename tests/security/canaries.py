"""Values that must not leave: planted in every column of the host that the portal has no business with."""

from dataclasses import dataclass

from tests.security.cast import Cast
from tests.world import SECRET

MARK = "c4n4ry"
_FOR_TYPE = {
    "text": f"'{MARK}-' || '{{column}}-' || left(md5(id::text), 8)",
    "numeric": "7043219.57",
    "timestamp with time zone": "'1987-06-05 04:03:02.123456+00'",
    "USER-DEFINED": "'on_hold'",
}
_STATUS = "on_hold"
_OF_HOST = (MARK, "7043219", "1987-06-05", "04:03:02.123456", _STATUS)
_READ = {("users", "id"), ("projects", "id"), ("projects", "name")}
"""What the portal reads of the host."""


@dataclass(frozen=True)
class Secrets:
    """What nobody may be sent, and the e-mail address of each person."""

    of_nobody: tuple[str, ...]
    emails: dict[str, str]


async def plant(cast: Cast) -> None:
    """Fills the host's columns with canaries, and gives the accounts addresses that stand nowhere else."""
    world = cast.world
    await world.execute(
        "ALTER TABLE public.users ADD contract text, ADD payment_account text, ADD note text;"
        "ALTER TABLE public.projects ADD payment_note text, ADD client_email text"
    )
    columns = await world.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name IN ('users', 'projects')"
    )
    for table, column, type_ in columns:
        if (table, column) not in _READ:
            value = _FOR_TYPE[type_].format(column=column)
            await world.execute(f"UPDATE public.{table} SET {column} = {value}")
    for name, id_ in cast.ids.items():
        await world.execute(
            "UPDATE client_portal.accounts SET email = $2 WHERE user_id = $1", id_, f"{name}@mail.example"
        )
    # As the demo makes them: none of it is of the test's own words.
    await world.execute(
        "INSERT INTO client_portal.password_links (token_hash, user_id, expires_at)"
        " SELECT md5(user_id::text), user_id, now() + interval '1 day' FROM client_portal.accounts"
    )


async def secrets_of(cast: Cast) -> Secrets:
    """All that stands in the database now and must not leave it."""
    hashes = await cast.world.fetch("SELECT password_hash FROM client_portal.accounts")
    links = await cast.world.fetch("SELECT token_hash FROM client_portal.password_links")
    sessions = await cast.world.fetch("SELECT id::text FROM client_portal.sessions")
    accounts = await cast.world.fetch("SELECT user_id, email FROM client_portal.accounts")
    of_nobody = (*_OF_HOST, SECRET, "$argon2", *(row[0] for row in [*hashes, *links, *sessions]))
    return Secrets(of_nobody, {cast.name(row["user_id"]): row["email"] for row in accounts})
