"""Search: what people wrote in a project, and the files they shared, as far as one reaches."""
