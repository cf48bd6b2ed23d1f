"""Calls between people on a page and agents in the dashboard."""
