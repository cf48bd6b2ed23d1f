"""People: found, looked at, and what a bot is told of them."""
