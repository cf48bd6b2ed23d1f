"""A channel's events, as they become conversations."""
