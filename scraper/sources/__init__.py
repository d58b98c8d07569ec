"""Where links come from: each source gives `Link`s."""
