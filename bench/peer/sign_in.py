"""Signs users in by writing their sessions straight into the store; prints the session keys, one per line.

python sign_in.py USER_ID ...
"""

import sys

import django  # type: ignore[import-not-found]  # it is in the peer's environment only

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # type: ignore[import-not-found]  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # type: ignore[import-not-found]  # noqa: E402

for user in get_user_model().objects.filter(pk__in=sys.argv[1:]):
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    print(session.session_key)
