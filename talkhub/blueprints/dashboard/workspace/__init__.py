"""What administers workspaces: their people, settings, brand and language model."""
