"""The parts of the `portal` command that change accounts and members."""
