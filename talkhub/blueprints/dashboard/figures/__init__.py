"""Today, live, and the analyses: what conversations add up to."""
