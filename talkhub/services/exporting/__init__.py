"""Rows as files of any size."""
