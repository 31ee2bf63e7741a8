"""A server that says nothing is asked by few; everybody else is told so at once.

Whoever waits for it holds one of the service's threads. With as many callers as threads nobody
would be left to say even that the service is alive.
"""

from time import monotonic

#: Seconds of waiting that were for nothing, after which a server counts as silent.
_SILENCE = 1.0
#: Seconds from one who tries a silent server to the next.
_EVERY = 0.5


class Breaker:
    """Whether it is worth waiting for a server. Any thread may ask; moments are `monotonic`.

    Once a wait has ended in silence, one caller each half second may wait, however long those
    before it take, until one is answered. That is soon: in every process somebody looks several
    times a second whether what is in force has changed.
    """

    def __init__(self) -> None:
        self._answered = 0.0
        self._again_at: float | None = None  # when somebody may try; None: everybody may

    def may_ask(self) -> bool:
        """Whether to ask, and wait; whoever may has to tell what came of it."""
        again_at = self._again_at
        if again_at is None:
            return True
        now = monotonic()
        if now < again_at:
            return False
        self._again_at = now + _EVERY
        return True

    def answered(self) -> None:
        """The server has answered."""
        self._answered = monotonic()
        self._again_at = None

    def gave_up(self, began: float) -> None:
        """Somebody has waited from a moment on, and was not answered.

        Where others were answered meanwhile, or it did not take long, the server is not silent.
        """
        now = monotonic()
        is_silent = now - began >= _SILENCE and began > self._answered
        if is_silent and self._again_at is None:
            self._again_at = now + _EVERY
