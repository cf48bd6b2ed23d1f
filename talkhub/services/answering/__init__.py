"""Automatic replies: what they are found in, when they are given, how good they were."""
