"""WHAT IS KEPT: in one database, and what this process makes of it.

Each folder may import those above it, never those below:

    sql/           the database: tables, migrations, rows, moments, backups
    access/        keys and how often each may call; the audit trail
    documents/     playbooks, contact policies and experiments as people write them: drafts,
                   published versions, what changed between two
    ledger/        decisions, outcomes and repeated requests, written in groups; replays
    in_force/      the documents that this process decides by, made ready, changed all at once
    experiments/   those under way: who got which arm, what came of it, what harm it did
    privacy/       what is personal goes when its time comes; pseudonyms
    first_start    a folder of files becomes the library
    recurring      what goes on beside the requests
    store          all of it, opened for one process

Where a folder holds a module of its own name, that is the one to read first.
"""
