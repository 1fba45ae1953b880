"""Decisions about access under dual control: rights, second factors, owners."""
