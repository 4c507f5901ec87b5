"""What every plug-in owes, and what the bot owes at any moment."""
