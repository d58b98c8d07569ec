"""Targets for fuzzing, and what runs them: on atheris where it is installed, on a loop of our own elsewhere."""
