"""Conversations: the list, one of them whole, what is corrected in them and added to them."""
