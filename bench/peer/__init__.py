"""The peer: django-notifications-hq, in an environment of its own."""
