"""Unghost: from a sales team's follow-up doctrine to the next action, and why.

The map of this folder; imports go from the top of it to the bottom, never up:

`__main__`, `terminal/`
    The command line: a module for each command, and how things are shown.
`app`
    `create_app`: the only place where the parts are joined.
`web/`
    HTTP. Whatever is wrong with a request becomes one problem that names the field.
`store/`
    What is kept: the library of playbooks.
`decision/`
    Facts to decision: what is known about a prospect at a moment, the engine, the time, the
    contact policy, the message. Pure: no clock, no disk, no network.
`playbook/`
    Text to ruleset: reading, checking and compiling what a manager wrote. Pure too.
`shipped`
    Where the files that ship with the product lie.
"""
