"""Web push: the outbox, browsers that asked for it, and their push services."""
