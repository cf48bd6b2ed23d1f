"""What conversations add up to: the read model, and everything that is asked of it."""
