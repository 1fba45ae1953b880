"""The dashboard's shared parts: access, pages about the team, keys and the account."""
