"""Placeholder until the scope middleware."""
