"""The standard words: facts, channels, actions, outcomes. One spelling everywhere.

The same words stand in playbooks, requests, answers, `schemas/` and `openapi.yaml`;
`tests/test_contract.py` holds them together.
"""

from dataclasses import dataclass
from typing import Literal, get_args

CHANNELS = ("email", "phone", "voicemail", "text", "social", "mail", "meeting")

OUTBOUND_OUTCOMES = (
    "sent",
    "delivered",
    "opened",
    "clicked",
    "bounced",
    "no_answer",
    "voicemail_left",
    "spoke",
    "held",
    "not_sent",
)
INBOUND_OUTCOMES = (
    "replied",
    "auto_reply",
    "out_of_office",
    "opted_out",
    "complained",
    "declined",
    "meeting_booked",
    "meeting_cancelled",
    "no_show",
)
#: Inbound outcomes that a person made: they end a silence.
HUMAN_INBOUND = frozenset({"replied", "declined", "meeting_booked", "meeting_cancelled"})
#: Outbound outcomes in which both sides talked: they end a silence too.
TALK = frozenset({"spoke", "held"})
#: Outbound outcomes that reached nobody: no touch, no attempt.
UNREACHED = frozenset({"bounced", "not_sent"})
#: Inbound outcomes after which nobody may contact the prospect again.
OPT_OUTS = frozenset({"opted_out", "complained"})

#: What can become of a prospect: what callers tell of, and what experiments count.
OutcomeWord = Literal[
    "replied", "positive_reply", "meeting_booked", "won", "lost", "opted_out", "complained"
]
OUTCOMES: tuple[OutcomeWord, ...] = get_args(OutcomeWord)

#: What an answer can ask for, with the words shown to people.
ACTIONS = {
    "follow_up": "Follow up",
    "add_value": "Send something useful",
    "send_sample": "Send a sample",
    "check_in": "Check in",
    "reopen": "Reopen the conversation",
    "ask_still_contact": "Ask whether they are still the contact",
    "find_new_contact": "Find the new contact",
    "contact_colleague": "Contact a colleague",
    "break_up": "Break up",
    "thank_you": "Say thank you",
    "second_insight": "Send a second insight",
    "ask_discovery": "Ask the open questions",
    "re_engage": "Engage again",
    "request_update": "Ask for an update",
    "thank_and_learn": "Thank them and ask for their reasons",
    "revisit": "Come back as agreed",
    "wait": "Wait",
    "stop": "Stop",
    "ask_for_data": "Ask for data",
}
#: Actions with a meaning of their own; a playbook cannot declare them anew.
RESERVED_ACTIONS = frozenset({"wait", "stop", "ask_for_data"})

FactType = Literal["boolean", "integer", "number", "text", "choice", "date", "instant", "list"]
#: Where a fact comes from: the request, the history, or the playbook's own conclusions.
Origin = Literal["caller", "history", "conclusion"]


@dataclass(frozen=True)
class Fact:
    """One thing that can be known about a prospect.

    `values` are a choice's words in their order; `ordered` says whether that order means
    anything. `always_known` facts have a value whatever the request holds.
    """

    name: str
    type: FactType
    title: str
    origin: Origin = "caller"
    values: tuple[str, ...] = ()
    ordered: bool = False
    always_known: bool = False
    minimum: int | None = None


def _given(name: str, type_: FactType, title: str, *values: str, ordered: bool = False) -> Fact:
    return Fact(name, type_, title, values=values, ordered=ordered)


def _counted(name: str, title: str) -> Fact:
    return Fact(name, "integer", title, "history", always_known=True, minimum=0)


def _elapsed(name: str, title: str) -> Fact:
    return Fact(name, "integer", title, "history", minimum=0)


_GIVEN = (
    _given("id", "text", "The prospect's id in the CRM"),
    _given("account_id", "text", "The account's id in the CRM"),
    _given("first_name", "text", "First name"),
    _given("last_name", "text", "Last name"),
    _given("job_title", "text", "Job title"),
    _given("company", "text", "The prospect's company"),
    _given("email", "text", "The e-mail address that we write to"),
    _given("owner_name", "text", "The seller who owns the prospect"),
    _given("time_zone", "text", "The prospect's time zone, an IANA name"),
    _given("country", "text", "The prospect's country, ISO 3166-1, two letters"),
    _given("region", "text", "State or province, ISO 3166-2, the part after the dash"),
    _given("language", "text", "The prospect's language"),
    _given(
        "seniority",
        "choice",
        "How senior the prospect is",
        *("individual", "manager", "director", "vp", "c_level"),
        ordered=True,
    ),
    _given(
        "purchase_type",
        "choice",
        "What kind of purchase it is",
        *("commodity", "considered", "capital"),
        ordered=True,
    ),
    _given(
        "urgency",
        "choice",
        "The urgency the prospect expressed",
        *("none", "normal", "critical"),
        ordered=True,
    ),
    _given(
        "rapport",
        "choice",
        "How well seller and prospect get on",
        *("none", "some", "strong"),
        ordered=True,
    ),
    _given("existing_client", "boolean", "Is the prospect a client already?"),
    _given("sweet_spot", "boolean", "Does the prospect fit what we sell best?"),
    _given(
        "deal_stage",
        "choice",
        "Where the deal stands",
        *("new", "discovery", "meeting_set", "proposal", "negotiation", "won", "lost"),
    ),
    Fact("buying_cycle_days", "integer", "Days in which one buying opportunity comes", minimum=1),
    _given("shared_comment", "text", "Something the prospect said that is worth repeating"),
    _given("their_why", "text", "Their reason to buy, in their words"),
    _given("personal_contact_known", "boolean", "Do we have a personal number or address?"),
    Fact("other_contacts", "integer", "How many others we met at the account", minimum=0),
    _given("contact_left", "boolean", "Has the prospect left the company?"),
    _given("calls_screened", "boolean", "Are the prospect's calls screened?"),
    _given("open_questions", "list", "Discovery questions not asked yet"),
    _given("next_meeting_at", "instant", "When the next meeting is"),
    _given("out_of_office_until", "date", "The day the prospect is back"),
    _given("revisit_on", "date", "The day the prospect asked us to come back"),
    _given("opted_out", "boolean", "Has the prospect asked for no more contact?"),
    _given("opted_out_channels", "list", "Channels the prospect asked us not to use"),
    _given("do_not_call", "boolean", "Is the prospect on a do-not-call list?"),
    _given("consented_channels", "list", "Channels the prospect agreed to"),
    _given("email_changed_at", "instant", "When we last learned a new e-mail address"),
    _given("phone_changed_at", "instant", "When we last learned a new phone number"),
    _given("phone_number", "text", "The prospect's phone number, with its country's prefix"),
    _given("last_purchase_on", "date", "The day the prospect last bought from us"),
    _given("last_inquiry_on", "date", "The day the prospect last asked us about our offer"),
    _given("preferred_channel", "choice", "The channel the prospect prefers", *CHANNELS),
    _given("audience", "choice", "Business or consumer", "b2b", "b2c"),
)

_COMPUTED = (
    _counted("touches", "Outbound touches, ever"),
    _counted("attempts", "Outbound touches since the last human contact from them"),
    *(_counted(f"attempts_{channel}", f"Attempts by {channel}") for channel in CHANNELS),
    _elapsed("silent_days", "Whole days since the last human contact from them"),
    _elapsed("days_since_last_touch", "Whole days since our last touch"),
    _elapsed("days_since_first_touch", "Whole days since our first touch"),
    Fact(
        "ever_replied",
        "boolean",
        "Was there ever human contact from them?",
        "history",
        always_known=True,
    ),
    Fact("last_action", "text", "What our last touch was for", "history"),
    Fact("last_channel", "choice", "The channel of our last touch", "history", CHANNELS),
    Fact("last_outcome", "choice", "How our last touch went", "history", OUTBOUND_OUTCOMES),
    Fact("last_inbound", "choice", "What came in last from them", "history", INBOUND_OUTCOMES),
    Fact(
        "today",
        "date",
        "The day of the question, where the prospect is",
        "history",
        always_known=True,
    ),
    Fact("now", "instant", "The moment of the question", "history", always_known=True),
)

#: Every standard fact by name.
STANDARD_FACTS = {fact.name: fact for fact in (*_GIVEN, *_COMPUTED)}
