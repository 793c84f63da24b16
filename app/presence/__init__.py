"""Who is in which room at this moment, across processes that may die."""
