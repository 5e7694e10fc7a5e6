"""Each page as components; `ids.py` is the only home of ids; `figures/` gives pure props."""
