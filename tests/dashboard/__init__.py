"""The browser door: what a member of a partner's team sees and may do."""
