"""What is tied to a workspace: channels, webhooks, keys, applications, MCP clients."""
