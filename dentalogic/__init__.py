"""Dentalogic: a multi-tenant platform for dental clinics."""
