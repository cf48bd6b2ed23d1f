"""What a bot or a reader is told of the past: search, and the context of a person."""
