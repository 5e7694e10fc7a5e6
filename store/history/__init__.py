"""Values and raw readings for years, in Parquet that any other program can read too.

A scene has its own folder, so that stamps never mix. `manifest.json` in it lists the files that count, and up to where
each stream is in them; it is swapped as a whole. A file that it does not list does not exist.
"""
