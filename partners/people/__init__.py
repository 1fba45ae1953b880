"""People: team, invitations, second factors and staff groups."""
