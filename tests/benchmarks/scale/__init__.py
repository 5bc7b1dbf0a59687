"""The benchmark of size: 10,000 to 100 million rows of made-up bills, ours against the engine's own bare work."""
