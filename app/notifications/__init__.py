"""Events become notifications: who is told, the rows, the inbox, deep links, the live stream."""
