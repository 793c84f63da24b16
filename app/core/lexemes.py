"""Full-text search within one place of a table, such as one room: an index whose words carry their place.

A word of a message is kept as ``"<place> <word>"``. So the index finds a word, or the words that begin so, in one
place without looking at any other, however many messages elsewhere have it. What asks does so of short stretches, and
need not read all that match to know the newest.
"""

from sqlalchemy import DDL, Index, event, text

from app.core.database import SCHEMA, Base

SEPARATORS = r"[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u303f\uff00-\uff0f]"
"""What separates words, for the regular expressions of Python and of Postgres alike: a file's name is several."""

# Words of 255 characters and more are left out: a lexeme has a limit, and no text may be refused for it. Changing the
# function takes a migration that makes the indexes anew.
_LEXEMES = (
    f"CREATE OR REPLACE FUNCTION {SCHEMA}.lexemes(place text, words text) RETURNS tsvector "
    "LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$"
    "SELECT replace(' ' || regexp_replace(strip(to_tsvector('simple'::regconfig, "
    rf"regexp_replace(words, '{SEPARATORS}', ' ', 'g')))::text, "
    r"'''[^'']{255,}''', '', 'g'), ' ''', ' ''' || place || ' ')::tsvector"
    "$$"
)
event.listen(Base.metadata, "before_create", DDL(_LEXEMES))  # type: ignore[no-untyped-call]


def lexemes(place: str, words: str) -> str:
    """The words of a text, each with its place before it, as SQL over the columns of one table."""
    return f"{SCHEMA}.lexemes({place}, {words})"


def lexemes_index(table: str, expression: str, condition: str | None = None) -> Index:
    """The index of that. Without GIN's list of pending entries: each search would read it, and some posts empty it."""
    return Index(
        f"ix_{table}_lexemes",
        text(expression),
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_where=None if condition is None else text(condition),
    )
