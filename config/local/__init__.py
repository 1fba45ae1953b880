"""Running on one machine: the environment, the child processes, static files."""
