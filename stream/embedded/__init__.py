"""The servers that come along: a real Redis and a real MQTT broker as child processes."""
