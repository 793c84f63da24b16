"""Who people are: accounts, sign-in, sessions, roles."""
