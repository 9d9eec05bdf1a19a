"""Copies of everything that the shop keeps, and their way back.

A copy is one file: a dump of one instant of the database by PostgreSQL's own programs, the uploads, and
a manifest by which it can be proven; sealed by age for whoever has the identity.
"""

from runtime.backups.clients import BackupError, client_environment, client_program
from runtime.backups.drill import Drill
from runtime.backups.keeping import prune, spared
from runtime.backups.making import back_up, copies_folder, what_stands
from runtime.backups.restoring import restore

__all__ = [
    "BackupError",
    "Drill",
    "back_up",
    "client_environment",
    "client_program",
    "copies_folder",
    "prune",
    "restore",
    "spared",
    "what_stands",
]
