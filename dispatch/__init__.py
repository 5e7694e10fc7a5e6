"""From warning to closed case: states, clocks, units, plans, supervision."""
