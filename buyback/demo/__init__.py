"""Demo data: two invented partners, their users, and a month of pulls and sellbacks."""
