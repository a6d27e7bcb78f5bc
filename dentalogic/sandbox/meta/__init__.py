"""Meta's Cloud API for WhatsApp, and the patients' phones on its other side."""
