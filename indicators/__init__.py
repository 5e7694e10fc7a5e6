"""From readings to vital signs: windows, formulas, roll-up. Pure."""
