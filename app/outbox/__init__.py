"""Work that leaves the database once its transaction has committed: claimed with a lease, done, and put down."""
