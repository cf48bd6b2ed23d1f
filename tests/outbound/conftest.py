"""Hosts to call."""

from https_host import certificate_file, host

__all__ = ["certificate_file", "host"]
