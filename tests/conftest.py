"""What all tests share."""

import os

import hypothesis

# No deadline: two busy cores say nothing about the code. In CI the same cases every time.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")
