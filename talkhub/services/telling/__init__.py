"""What happened, told to a workspace's endpoints."""
