"""The command line, `unghost`: one module a command, and how each thing is shown.

check      every mistake in playbooks, at its line
examples   `unghost test`: the examples inside them
decide     one request, answered in words
why        the same, and why not something else
timeline   playbooks played forward, side by side
serve      the service

On the database:

migrate     its tables are brought to this version
keys        API keys: made, listed, revoked
audit       who changed what, and whether that record is whole
push        what changed in a folder is published in the library
pull        what was published is written into a folder
experiment  experiments: planned, started, read, decided
backup      a copy of the SQLite file, while the service runs
"""
