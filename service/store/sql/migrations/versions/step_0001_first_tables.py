"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("prospect_key", sa.String(length=80), nullable=False),
        sa.Column("account_key", sa.String(length=80), nullable=True),
        sa.Column("prospect_id", sa.String(length=200), nullable=True),
        sa.Column("account_id", sa.String(length=500), nullable=True),
        sa.Column("playbook", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("policy_digest", sa.String(length=80), nullable=False),
        sa.Column("experiment", sa.String(length=64), nullable=True),
        sa.Column("arm", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("microseconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(
        op.f("ix_decisions_account_key_recorded_at"),
        "decisions",
        ["account_key", "recorded_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_decisions_playbook_recorded_at"),
        "decisions",
        ["playbook", "recorded_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_decisions_prospect_key_recorded_at"),
        "decisions",
        ["prospect_key", "recorded_at"],
        unique=False,
    )
    op.create_index(op.f("ix_decisions_recorded_at"), "decisions", ["recorded_at"], unique=False)
    op.create_index(
        "ix_decisions_personal",
        "decisions",
        ["recorded_at"],
        sqlite_where=sa.text("prospect_id IS NOT NULL"),
        postgresql_where=sa.text("prospect_id IS NOT NULL"),
    )
    op.create_table(
        "documents",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Integer(), nullable=True),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
        sa.Column("draft", sa.Text(), nullable=True),
        sa.Column("draft_digest", sa.String(length=80), nullable=True),
        sa.Column("draft_author", sa.String(length=200), nullable=True),
        sa.Column("draft_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_documents")),
    )
    op.create_table(
        "generation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generation")),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
    )
    op.create_table(
        "outcomes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("prospect_key", sa.String(length=80), nullable=False),
        sa.Column("prospect_id", sa.String(length=200), nullable=True),
        sa.Column("account_id", sa.String(length=500), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
        sa.UniqueConstraint(
            "prospect_key", "outcome", "at", name=op.f("uq_outcomes_prospect_key_outcome_at")
        ),
    )
    op.create_index(op.f("ix_outcomes_recorded_at"), "outcomes", ["recorded_at"], unique=False)
    op.create_index(
        "ix_outcomes_personal",
        "outcomes",
        ["recorded_at"],
        sqlite_where=sa.text("prospect_id IS NOT NULL"),
        postgresql_where=sa.text("prospect_id IS NOT NULL"),
    )
    op.create_table(
        "repeats",
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.String(length=100), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_repeats")),
    )
    op.create_index(op.f("ix_repeats_begun_at"), "repeats", ["begun_at"], unique=False)
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "versions",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("text_digest", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kind", "name"],
            ["documents.kind", "documents.name"],
            name=op.f("fk_versions_kind_name"),
        ),
        sa.PrimaryKeyConstraint("kind", "name", "number", name=op.f("pk_versions")),
    )
    op.execute("INSERT INTO generation (id, number) VALUES (1, 0)")
