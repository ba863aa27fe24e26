"""Own pages of members, tokens of programs, and webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    organisation = (["organisation_id"], ["organisation.organisation_id"])
    op.create_index("ix_member_trait_email", "member_trait", ["organisation_id", "email_mark"])
    op.create_index("ix_member_trait_phone", "member_trait", ["organisation_id", "phone_mark"])
    op.create_table(
        "api_token",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("token_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_mark", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(*organisation, name=op.f("fk_api_token_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "token_id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("organisation_id", "token_mark", name=op.f("uq_api_token_organisation_id_token_mark")),
    )

    op.create_table(
        "webhook_event",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(*organisation, name=op.f("fk_webhook_event_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "event_id", name=op.f("pk_webhook_event")),
    )
    op.create_index("ix_webhook_event_at", "webhook_event", ["organisation_id", "at"])

    op.create_table(
        "webhook_subscription",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("subscription_id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("stopped_why", sa.String(length=32), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(*organisation, name=op.f("fk_webhook_subscription_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "subscription_id", name=op.f("pk_webhook_subscription")),
    )
    op.create_table(
        "api_answer",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("token_id", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "token_id"],
            ["api_token.organisation_id", "api_token.token_id"],
            name=op.f("fk_api_answer_organisation_id_token_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "token_id", "idempotency_key", name=op.f("pk_api_answer")),
    )
    op.create_index("ix_api_answer_at", "api_answer", ["organisation_id", "at"])

    op.create_table(
        "member_link_cut",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_member_link_cut_organisation_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "member_id", name=op.f("pk_member_link_cut")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("subscription_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.String(length=32), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "event_id"],
            ["webhook_event.organisation_id", "webhook_event.event_id"],
            name=op.f("fk_webhook_delivery_organisation_id_event_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "subscription_id"],
            ["webhook_subscription.organisation_id", "webhook_subscription.subscription_id"],
            name=op.f("fk_webhook_delivery_organisation_id_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "subscription_id", "event_id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index("ix_webhook_delivery_due", "webhook_delivery", ["state", "next_at"])
    op.create_index("ix_webhook_delivery_event", "webhook_delivery", ["organisation_id", "event_id"])


def downgrade() -> None:
    """Take this revision back."""
    for table in (
        "webhook_delivery",
        "member_link_cut",
        "api_answer",
        "webhook_subscription",
        "webhook_event",
        "api_token",
    ):
        op.drop_table(table)
    for name in ("ix_member_trait_phone", "ix_member_trait_email"):
        op.drop_index(name, "member_trait")
