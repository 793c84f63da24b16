"""The project's figures, each beside its ceiling or its peer, measured in one run."""
