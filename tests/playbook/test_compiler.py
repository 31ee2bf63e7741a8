"""From a playbook to comparisons: what must not be mixed up."""

from service.playbook import load
from service.playbook.rules import Arithmetic
from service.playbook.ruleset import Ruleset

HEAD = "playbook: small\ntitle: Small\nabout: A small one.\n"
OTHERWISE = "otherwise: {action: wait, because: Nothing fits.}\n"


def compiled(body: str) -> Ruleset:
    """The ruleset of a small playbook."""
    loaded = load(HEAD + body + OTHERWISE)
    assert loaded.ruleset, loaded.diagnostics
    return loaded.ruleset


def play(when: str) -> str:
    """A play with this condition."""
    return f"plays:\n  - rule: one\n    when: {when}\n    do: stop\n    because: It is so.\n"


def condition(body: str) -> object:
    """The compiled condition of a small playbook's only play."""
    (rule,) = compiled(body).strata[-1].rules
    return rule.when


def test_an_action_and_a_channel_of_one_name_are_two_things() -> None:
    """An action called `text` is counted apart from the channel `text`."""
    body = "actions:\n  text: {title: Send a text}\n" + play(
        "{done: {action: text}, not: {done: {channel: text}}}"
    )

    fields = compiled(body).strata[-1].fields

    assert [(field.done or {})["action"] for field in fields] == [("text",), ()]


def test_words_of_a_list_are_not_joined() -> None:
    """The word `a|b` is not the words `a` and `b`."""
    both = "{open_questions: {contains: [a, b]}, not: {open_questions: {contains: 'a|b'}}}"

    fields = compiled(play(both)).strata[-1].fields

    assert [field.words for field in fields] == [("a", "b"), ("a|b",)]


def test_the_same_test_is_one_field() -> None:
    """What is asked twice is read once."""
    when = "{touches: {at_least: 3}, any: [{touches: 3}, {touches: {more_than: 7}}]}"

    assert len(compiled(play(when)).strata[-1].fields) == 1


def test_not_reaches_the_leaves() -> None:
    """Conditions are in negation normal form: nothing but comparisons, `all` and `any`."""
    when = "{not: {any: [{touches: {at_least: 3}}, {existing_client: true}], attempts: 2}}"

    expected = ("any", ("all", ("f0", "<", 3), ("f1", "!=", 1)), ("f2", "!=", 2))
    assert condition(play(when)) == expected


def test_parameters_are_filled_in() -> None:
    """The engine and the arithmetic see numbers where a playbook has parameters."""
    body = """parameters:
  tries: {value: 4, title: Tries}
conclude:
  - rule: limit
    then: {limit: {sum: [$tries, {product: [2, $touches]}]}}
    because: So many.
""" + play("{attempts: {at_least: $tries}, touches: {more_than: $limit}}")

    (limit,) = compiled(body).strata[0].rules
    assert limit.then
    total = limit.then["limit"]

    assert isinstance(total, Arithmetic)
    assert total.arguments[0] == 4
    assert compiled(body).strata[-1].rules[0].when[1] == ("f0", ">=", 4)


def test_what_is_always_known_needs_no_test() -> None:
    """`known: true` of a fact with a default is no comparison at all."""
    body = "facts:\n  urgency: {default: normal}\n" + play("{urgency: {known: true}, touches: 1}")

    assert condition(body) == ("f0", "==", 1)
