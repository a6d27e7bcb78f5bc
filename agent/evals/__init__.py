"""Evaluations: scenarios as data, played over the real road and scored by how they end."""
