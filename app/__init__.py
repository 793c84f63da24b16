"""Client Portal: one notification system and a client portal beside an existing project-management app."""
