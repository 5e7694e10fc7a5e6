"""A city that publishes on real MQTT, for demonstration, drill and load; and the replay of recorded days."""
