"""The host's projects (read-only), who belongs to them, and what a person may reach."""
