"""Messages to people, and the accounts of channels that they go through."""
