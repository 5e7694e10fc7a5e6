"""What this city has declared: packs read with file and line, checked whole."""
