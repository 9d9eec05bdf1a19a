"""`python -m runtime.run`: the whole shop with one command, and nothing left of it afterwards.

`__main__` is the supervisor: it prepares, starts web server and worker, watches them and the
database, and stops everything. `prepare` is what has to be true before the shop can open.
`watchdog` cleans up when the supervisor itself was killed.
"""
