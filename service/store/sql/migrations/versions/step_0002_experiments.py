"""Experiments."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make their tables, and room for what decisions and outcomes tell of them."""
    op.create_table(
        "experiments",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("shipped", sa.String(length=64), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_experiments")),
    )
    op.create_table(
        "phases",
        sa.Column("experiment", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("hash_version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("experiment", "number", name=op.f("pk_phases")),
        sa.ForeignKeyConstraint(
            ["experiment"], ["experiments.name"], name=op.f("fk_phases_experiment_experiments")
        ),
    )
    op.create_table(
        "assignments",
        sa.Column("experiment", sa.String(length=64), nullable=False),
        sa.Column("unit_key", sa.String(length=80), nullable=False),
        sa.Column("unit_type", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.Integer(), nullable=False),
        sa.Column("arm", sa.String(length=64), nullable=False),
        sa.Column("bucket", sa.Float(), nullable=False),
        sa.Column("propensity", sa.Float(), nullable=False),
        sa.Column("assigned_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("experiment", "unit_key", name=op.f("pk_assignments")),
    )
    op.create_index(
        op.f("ix_assignments_experiment_phase_assigned_at"),
        "assignments",
        ["experiment", "phase", "assigned_at"],
        unique=False,
    )
    op.add_column("decisions", sa.Column("phase", sa.Integer(), nullable=True))
    op.add_column("decisions", sa.Column("unit_key", sa.String(length=80), nullable=True))
    op.add_column("decisions", sa.Column("arm_reason", sa.String(length=16), nullable=True))
    op.add_column("decisions", sa.Column("propensity", sa.Float(), nullable=True))
    op.add_column("decisions", sa.Column("diverged", sa.Boolean(), nullable=True))
    op.create_index(
        "ix_decisions_experiment",
        "decisions",
        ["experiment", "phase"],
        sqlite_where=sa.text("experiment IS NOT NULL"),
        postgresql_where=sa.text("experiment IS NOT NULL"),
    )
    op.create_index(
        "ix_decisions_uncompared",
        "decisions",
        ["recorded_at"],
        sqlite_where=sa.text("propensity IS NOT NULL AND diverged IS NULL"),
        postgresql_where=sa.text("propensity IS NOT NULL AND diverged IS NULL"),
    )
    op.add_column("outcomes", sa.Column("account_key", sa.String(length=80), nullable=True))
    op.create_index(op.f("ix_outcomes_account_key_outcome"), "outcomes", ["account_key", "outcome"])
