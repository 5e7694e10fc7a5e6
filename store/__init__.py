"""What must be kept: SQL tables, history in Parquet."""
