"""What every room may know: frozen records, errors, the clock, the settings, the words."""
