"""The tables, as SQLAlchemy has them; `migrations/` brings a database to them.

Moments are whole microseconds since 1970, UTC: both databases compare and keep them alike.
JSON is kept as the bytes that were sent or answered, so that a replay sees the same.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

#: For indexes of the rows from which what is personal has not been removed yet.
_STILL_PERSONAL: Any = {
    "sqlite_where": text("prospect_id IS NOT NULL"),
    "postgresql_where": text("prospect_id IS NOT NULL"),
}

#: For indexes of the decisions that an experiment chose the playbook of; and of those of them
#: that nobody has compared yet with what the other arms would have answered.
_IN_AN_EXPERIMENT: Any = {
    "sqlite_where": text("experiment IS NOT NULL"),
    "postgresql_where": text("experiment IS NOT NULL"),
}
_UNCOMPARED: Any = {
    "sqlite_where": text("propensity IS NOT NULL AND diverged IS NULL"),
    "postgresql_where": text("propensity IS NOT NULL AND diverged IS NULL"),
}

#: Playbooks, policies and experiments: which version is in force, and the draft that somebody
#: works on.
documents = Table(
    "documents",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("active", Integer),
    Column("archived_at", BigInteger),
    Column("draft", Text),
    Column("draft_digest", String(80)),
    Column("draft_author", String(200)),
    Column("draft_at", BigInteger),
)

#: Published versions; a row never changes. `digest` is of what the text does, as answers name it.
versions = Table(
    "versions",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("digest", String(80), nullable=False),
    Column("text_digest", String(80), nullable=False),
    Column("text", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    ForeignKeyConstraint(["kind", "name"], ["documents.kind", "documents.name"]),
)

#: One row, `number`, that grows whenever what is in force changes or somebody is erased;
#: replicas watch it.
generation = Table(
    "generation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
)

#: How far each experiment has come; one that was never started has no row. `version` is the
#: one in effect. After the end: who decided what, and why; `shipped` is the arm that new units
#: get from then on.
experiments = Table(
    "experiments",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("stopped_at", BigInteger),
    Column("decided_at", BigInteger),
    Column("decided_by", String(200)),
    Column("shipped", String(64)),
    Column("why", Text),
)

#: The phases of each experiment: in one, arms and weights stay the same. `stopped` are the arms
#: that take nobody in any more, as JSON: `{arm: {at, why, guardrail}}`.
phases = Table(
    "phases",
    metadata,
    Column("experiment", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("seed", String(64), nullable=False),
    Column("hash_version", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("stopped", Text, nullable=False),
    ForeignKeyConstraint(["experiment"], ["experiments.name"]),
)

#: The arm that each unit was given, for good. `unit_key` is a keyed hash, as `prospect_key` is.
assignments = Table(
    "assignments",
    metadata,
    Column("experiment", String(64), primary_key=True),
    Column("unit_key", String(80), primary_key=True),
    Column("unit_type", String(16), nullable=False),
    Column("phase", Integer, nullable=False),
    Column("arm", String(64), nullable=False),
    Column("bucket", Float, nullable=False),
    Column("propensity", Float, nullable=False),
    Column("assigned_at", BigInteger, nullable=False),
    Index(None, "experiment", "phase", "assigned_at"),
)

#: Every answer. What is personal (`retention.PERSONAL`) is None once it has been removed, or on
#: SQLite zeros. `prospect_key` and `account_key`, keyed hashes of the ids, stay for the
#: statistics; after an erasure the first is a random name. `arm_reason` is why an arm was taken;
#: `propensity` the chance it had, None where chance did not decide; `diverged` whether another
#: arm would have answered differently, None where nobody has looked yet.
decisions = Table(
    "decisions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("recorded_at", BigInteger, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("prospect_key", String(80), nullable=False),
    Column("account_key", String(80)),
    Column("prospect_id", String(200)),
    Column("account_id", String(500)),
    Column("playbook", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(80), nullable=False),
    Column("policy", String(64), nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("policy_digest", String(80), nullable=False),
    Column("experiment", String(64)),
    Column("arm", String(64)),
    Column("phase", Integer),
    Column("unit_key", String(80)),
    Column("arm_reason", String(16)),
    Column("propensity", Float),
    Column("diverged", Boolean),
    Column("action", String(64), nullable=False),
    Column("channel", String(16)),
    Column("reason", String(16), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("request", LargeBinary),
    Column("answer", LargeBinary),
    Column("microseconds", Integer, nullable=False),
    Index(None, "prospect_key", "recorded_at"),
    Index(None, "account_key", "recorded_at"),
    Index(None, "playbook", "recorded_at"),
    Index(None, "recorded_at"),
    Index("ix_decisions_personal", "recorded_at", **_STILL_PERSONAL),
    Index("ix_decisions_experiment", "experiment", "phase", **_IN_AN_EXPERIMENT),
    Index("ix_decisions_uncompared", "recorded_at", **_UNCOMPARED),
)

#: What became of a prospect, once each however often it is told: `prospect_key` is as above,
#: so that what is told again is known even when the ids have been removed.
outcomes = Table(
    "outcomes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("prospect_key", String(80), nullable=False),
    Column("prospect_id", String(200)),
    Column("account_id", String(500)),
    Column("account_key", String(80)),
    Column("outcome", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("decision_id", String(36)),
    Column("source", String(16), nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    UniqueConstraint("prospect_key", "outcome", "at"),
    Index(None, "recorded_at"),
    Index(None, "account_key", "outcome"),
    Index("ix_outcomes_personal", "recorded_at", **_STILL_PERSONAL),
)

#: Answers to requests that came with an `Idempotency-Key`; `status` is None while one runs.
#: Of the key only a hash is kept: callers make keys of people's ids. The body of a decision's
#: answer stands in `decisions` alone.
repeats = Table(
    "repeats",
    metadata,
    Column("caller", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("status", Integer),
    Column("content_type", String(100)),
    Column("body", LargeBinary),
    Column("decision_id", String(36)),
    Index(None, "begun_at"),
)

#: API keys: of the secret only a hash.
keys = Table(
    "keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
)

#: The audit trail: each entry is hashed with the one before it.
audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("event", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

#: What this deployment was given once and keeps: the secret for keyed hashes.
settings = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
