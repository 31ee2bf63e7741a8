"""Why not something else: for every play that did not win, what is missing and what would help.

    sight      what a test sees, and whether it holds     missing  the tests that did not hold
    grounds    the given facts that a test rests on       values   what each of these could be
    openers    what the contact policy would rather see   changes  the smallest change that helps
    course     silence, and time alone                    again    deciding again, and its cost
    report     all of it, as an answer tells it           words    the same in sentences

Nothing is guessed: every change, and every moment, was found by deciding again.
"""
