"""How messages reach us: one transport a file. Each acknowledges only what has been appended."""
