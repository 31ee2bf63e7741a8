"""The command line, `unghost`: one module a command, and how each thing is shown.

check      every mistake in playbooks, at its line
examples   `unghost test`: the examples inside them
decide     one request, answered in words
timeline   playbooks played forward, side by side
serve      the service
"""
