"""The account pages: the entrance, the person, the addresses."""
