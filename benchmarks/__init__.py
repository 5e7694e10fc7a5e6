"""What things cost. Each prints one JSON object as its last line; figures are ratios or distributions."""
