"""`portal push-keys`: what web push needs to be set up."""

from app.commands.console import say
from app.push.vapid import new_private_key


def push_keys() -> None:
    """Print a new key for web push, as environment variables. Browsers subscribe anew when the key changes."""
    say(f"VAPID_PRIVATE_KEY={new_private_key()}")
    say("# Whom push services write to when something is wrong: a mailbox that is read, or a page.")
    say("VAPID_SUBJECT=mailto:admin@example.com")
