"""How each person wants to be told."""
