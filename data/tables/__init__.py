"""Tables as rows: CSV, JSON, Parquet, the hub."""
