"""Signing in and out, the ways to it, and the login that one has."""
