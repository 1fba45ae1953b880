"""Who calls: partners, their environments, keys, people and limits."""
