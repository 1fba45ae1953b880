"""The browser door of a partner's team: who may come in, and what every page shares."""
