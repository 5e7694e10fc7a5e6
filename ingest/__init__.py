"""From the wire to a reading or an event, or the reason it is none."""
