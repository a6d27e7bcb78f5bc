"""The vendors' own protocols (WhatsApp, Google Calendar, OpenAI) in one process.

For demos, development and tests. Nothing in the product imports this package: the product speaks
to it over HTTP, with its real client libraries.
"""
