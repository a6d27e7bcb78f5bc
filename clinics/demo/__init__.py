"""The demo clinic: who works there, and a few weeks of plausible agenda."""
