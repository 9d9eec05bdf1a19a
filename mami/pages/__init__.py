"""What machines read of the public pages: their addresses, lists of them, and what they are about."""
