"""What a team adds to conversations: notes, markers, saved views."""
