"""The guards that nobody can switch off."""

from datetime import datetime

from service.decision.guards.verdict import Verdict
from service.decision.history import Touch, after
from service.decision.prospect import Request
from service.playbook.vocabulary import CHANNELS

#: Channels that reach a person at once, at whatever hour it is where they are.
RING = frozenset({"phone", "voicemail", "text"})
#: By channel those with the same address, and the fact that tells when it was changed: what
#: bounces off one of them would bounce off all.
_ADDRESS = {
    "email": (frozenset({"email"}), "email_changed_at"),
    **dict.fromkeys(RING, (RING, "phone_changed_at")),
    "social": (frozenset({"social"}), ""),
    "mail": (frozenset({"mail"}), ""),
}
#: Outcomes that show that a contact arrived; `sent` shows only that it left.
_ARRIVED = frozenset({"delivered", "opened", "clicked", "no_answer", "voicemail_left", "spoke"})


def opted_out(request: Request) -> Verdict:
    """Whether anyone may contact the prospect at all: a request to stop ends everything."""
    touch = request.history.opt_out
    if request.given.get("opted_out") is True:
        return Verdict("opt-out", "BAR", "The prospect asked for no more contact.")
    if touch is None:
        return _NOT_OPTED_OUT
    on = touch.at.date().isoformat()
    if touch.outcome == "complained":
        return Verdict("opt-out", "BAR", f"The prospect complained about us on {on}.")
    return Verdict("opt-out", "BAR", f"The prospect asked for no more contact on {on}.")


_NOT_OPTED_OUT = Verdict("opt-out", "ALLOW", "The prospect has not asked us to stop.")


def channel_open(channel: str, request: Request) -> Verdict:
    """Whether the prospect closed this channel."""
    closed = request.given.get("opted_out_channels")
    if isinstance(closed, tuple) and channel in closed:
        return Verdict("channel-opt-out", "BAR", f"The prospect asked for no contact by {channel}.")
    return _OPEN[channel]


def do_not_call(channel: str, request: Request, *, excepted: bool) -> Verdict | None:
    """Whether they are on a do-not-call list; `excepted` where a rule lets us call all the same."""
    if channel not in RING:
        return None
    if request.given.get("do_not_call") is not True:
        return _NOT_LISTED
    if excepted:
        because = "They are on a do-not-call list, and dealt with us lately enough to be called."
        return Verdict("do-not-call", "ALLOW", because)
    return Verdict("do-not-call", "BAR", "They are on a do-not-call list.")


_NOT_LISTED = Verdict("do-not-call", "ALLOW", "No do-not-call list is known to name them.")


def bounced(channel: str, request: Request) -> Verdict | None:
    """Whether the address is dead: what we sent came back, and nothing shows a new one."""
    if channel not in _ADDRESS:
        return None
    history = request.history
    if len(history.done) == len(history.outbound):  # nothing came back
        return _ARRIVES[channel]
    group, fact = _ADDRESS[channel]
    back = next(
        (t for t in reversed(history.outbound) if t.outcome == "bounced" and t.channel in group),
        None,
    )
    if back is None or _works(group, back, request) or _is_new(fact, back.at, request):
        return _ARRIVES[channel]
    on = back.at.date().isoformat()
    because = f"What we sent by {back.channel} came back on {on}; no new address is known."
    return Verdict("bounced", "BAR", because)


def _works(group: frozenset[str], back: Touch, request: Request) -> bool:
    """Whether anything arrived, or came in, by those channels since."""
    history = request.history
    sent = (t.outcome in _ARRIVED and t.channel in group for t in after(back.at, history.outbound))
    return any(sent) or any(t.channel in group for t in after(back.at, history.inbound))


def _is_new(fact: str, back: datetime, request: Request) -> bool:
    changed = request.given.get(fact)
    return isinstance(changed, datetime) and changed > back


def hour_known(channel: str, request: Request) -> Verdict:
    """Whether it is known what time it is where they are, or does not matter."""
    if channel in RING and not request.place_known:
        return _NO_HOUR[channel]
    return _HOUR[channel]


_OPEN = {
    channel: Verdict("channel-opt-out", "ALLOW", f"The prospect has not closed {channel}.")
    for channel in CHANNELS
}
_ARRIVES = {
    channel: Verdict("bounced", "ALLOW", f"Nothing shows that {channel} does not reach them.")
    for channel in CHANNELS
}
_HOUR = {
    channel: Verdict("time-zone", "ALLOW", f"The hour is known, or does not matter, for {channel}.")
    for channel in CHANNELS
}
_NO_HOUR = {
    channel: Verdict(
        "time-zone",
        "NEEDS_DATA",
        f"Nobody knows what time it is where the prospect is, so not by {channel}.",
        facts=("time_zone",),
    )
    for channel in CHANNELS
}
