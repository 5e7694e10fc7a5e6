"""A city that publishes on real MQTT, for demonstration, drill and load; and the replay of recorded days.

Everything that the simulated city says is a pure function of (seed, scenario, begin, city time): asked twice for the
same span, in any order, in any process, it answers with the same bytes. Only `wire`, `publisher`, `load` and
`replay.player` touch a socket; the clock always comes in as an argument.
"""
