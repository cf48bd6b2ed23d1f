"""Conversations as they lie in the database: whose, what was said, how they grow."""
