"""How long things take and how much they ask of others, in ratios that one run measures on one machine."""
