"""Public archives that are asked to keep copies: how each is asked, what it answers, and the work beside a run."""
