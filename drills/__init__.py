"""Drills: hurt a running shop on purpose, then let three judges look at what is left.

The judges: `manage.py check_books`, the outside list of what clients were told, and the ledger of
the sandbox provider.
"""
