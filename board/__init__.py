"""The present picture of the city, frozen, with a revision; snapshot and difference."""
