"""Signals between processes, and frames out to browsers. Knows topics, not people."""
