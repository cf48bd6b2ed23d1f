"""TalkHub MCP Server: memory, analysis and a window for chatbots."""

__version__ = "0.1.0"
