"""Google Calendar v3, as far as an agenda needs it: one module per resource over one store."""
