"""Running everything on one machine: environment, child processes, static files."""
