"""Ways to prove who somebody is, one a file; each ends in a `Claim` or in the reason why there is none."""
