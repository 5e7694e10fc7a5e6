"""Past years out of tables: XLSX, CSV, Parquet, SQL. A cell is judged as a member of a message is."""
