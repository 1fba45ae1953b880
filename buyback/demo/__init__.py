"""The demo world: two invented partners, their users and a month of their pulls and sellbacks."""
