"""The command line, `unghost`: one module a command, and how each thing is shown.

check      every mistake in playbooks, at its line
examples   `unghost test`: the examples inside them
decide     one request, answered in words
serve      the service
"""
