"""Unghost: from a sales team's follow-up doctrine to the next action, and why.

The map of this folder; imports go from the top of it to the bottom, never up:

`__main__`, `terminal/`
    The command line: a module for each command, and how things are shown.
`app`
    `create_app`: the only place where the parts are joined.
`web/`
    HTTP. Whatever is wrong with a request becomes one problem that names the field.
`store/`
    What is kept: documents and their versions, decisions, outcomes, keys, the audit trail.
`experiment/`
    Which playbook for whom, and did it work: arms, counts, verdicts. Pure: no clock, no disk,
    no network; so are the three below.
`decision/`
    Facts to decision: what is known about a prospect at a moment, the engine, the time, the
    guards of the contact policy, the message.
`policy/`
    Text to contact policy and laws, read and checked as playbooks are.
`playbook/`
    Text to ruleset: reading, checking and compiling what a manager wrote.
`settings`
    What the environment says.
`shipped`
    Where the files that ship with the product lie.
"""
