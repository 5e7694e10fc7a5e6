"""Where: area tree, boundaries, inside; metres and frames stated."""
