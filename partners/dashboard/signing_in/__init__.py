"""Second factors: the one-time code of staff, and django-allauth with two more rules."""
