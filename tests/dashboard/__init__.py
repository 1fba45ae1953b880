"""The dashboard: what members of a partner's team see and may do."""
