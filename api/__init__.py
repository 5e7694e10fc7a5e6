"""REST and the live feed, for browsers, phones and other systems."""
