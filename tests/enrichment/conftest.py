"""A language model's interface that tests start, and what asks it."""

from https_host import certificate_file, host
from language_model import ask, interface, model

__all__ = ["ask", "certificate_file", "host", "interface", "model"]
