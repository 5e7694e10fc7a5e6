"""Pure props of each panel."""
