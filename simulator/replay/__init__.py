"""Recorded days of real places, published again as if live: readers of the recordings, and the player."""
