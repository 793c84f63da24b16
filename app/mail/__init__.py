"""E-mail: the outbox and the servers it leaves by. Knows addresses, not what is said to whom."""
