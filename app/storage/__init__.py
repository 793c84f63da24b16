"""Where the bytes of files live: in a folder, or in a bucket that speaks S3."""
