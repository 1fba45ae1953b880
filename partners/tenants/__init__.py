"""Partners and their environments: onboarding, limits and the sandbox."""
