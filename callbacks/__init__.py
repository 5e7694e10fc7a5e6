"""Which action changes what; wiring only, mirrors `layouts/`."""
