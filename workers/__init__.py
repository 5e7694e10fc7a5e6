"""The processes: ingest, engine, board, web, probe; thin."""
