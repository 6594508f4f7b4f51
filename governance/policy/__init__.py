"""May they: Cedar policies over callers, actions and datasets, with obligations and reasons."""
