"""Messages to members: mailings, their recipients and what is heard of them, templates, pictures, rules of sending."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "mailing",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("mailing_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("channel_rule", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("undo", sa.Text(), nullable=False),
        sa.Column("waterfall", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_minutes", sa.BigInteger(), nullable=False),
        sa.Column("rate_per_minute", sa.BigInteger(), nullable=False),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_count", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.String(length=400), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_mailing_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "mailing_id", name=op.f("pk_mailing")),
    )
    op.create_index("ix_mailing_state", "mailing", ["state"])

    op.create_table(
        "message_picture",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("picture_id", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("width_px", sa.BigInteger(), nullable=False),
        sa.Column("height_px", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_message_picture_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "picture_id", name=op.f("pk_message_picture")),
    )
    op.create_table(
        "message_template",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("undo", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_message_template_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "template_id", name=op.f("pk_message_template")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_message_template_organisation_id_name")),
    )
    op.create_table(
        "sending_rules",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("quiet_from_minute", sa.BigInteger(), nullable=False),
        sa.Column("quiet_until_minute", sa.BigInteger(), nullable=False),
        sa.Column("email_cap", sa.BigInteger(), nullable=False),
        sa.Column("sms_cap", sa.BigInteger(), nullable=False),
        sa.Column("cap_days", sa.BigInteger(), nullable=False),
        sa.Column("email_cost_e4", sa.BigInteger(), nullable=False),
        sa.Column("sms_segment_cost_e4", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_sending_rules_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_sending_rules")),
    )
    op.create_table(
        "dispatch",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("mailing_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("dispatch_id", sa.String(length=64), nullable=False),
        sa.Column("address_mark", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("claim_id", sa.String(length=64), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.String(length=128), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("segments", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "mailing_id"],
            ["mailing.organisation_id", "mailing.mailing_id"],
            name=op.f("fk_dispatch_organisation_id_mailing_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_dispatch_organisation_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "mailing_id", "member_id", "channel", name=op.f("pk_dispatch")),
        sa.UniqueConstraint("dispatch_id", "organisation_id", name=op.f("uq_dispatch_dispatch_id_organisation_id")),
        sa.UniqueConstraint(
            "organisation_id",
            "mailing_id",
            "channel",
            "address_mark",
            name=op.f("uq_dispatch_organisation_id_mailing_id_channel_address_mark"),
        ),
    )
    op.create_index("ix_dispatch_address", "dispatch", ["organisation_id", "address_mark"])
    op.create_index("ix_dispatch_claimed", "dispatch", ["claimed_at"])
    op.create_index("ix_dispatch_handed", "dispatch", ["organisation_id", "channel", "handed_at"])
    op.create_index("ix_dispatch_member", "dispatch", ["organisation_id", "member_id", "channel", "handed_at"])
    op.create_index("ix_dispatch_provider", "dispatch", ["provider_id"])
    op.create_index("ix_dispatch_waiting", "dispatch", ["organisation_id", "mailing_id", "state", "due_at"])

    op.create_table(
        "mailing_removal",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("mailing_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "mailing_id"],
            ["mailing.organisation_id", "mailing.mailing_id"],
            name=op.f("fk_mailing_removal_organisation_id_mailing_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_mailing_removal_organisation_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "mailing_id", "member_id", name=op.f("pk_mailing_removal")),
    )
    op.create_index("ix_mailing_removal_member", "mailing_removal", ["organisation_id", "member_id"])

    op.create_table(
        "dispatch_event",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("dispatch_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispatch_id", "organisation_id"],
            ["dispatch.dispatch_id", "dispatch.organisation_id"],
            name=op.f("fk_dispatch_event_dispatch_id_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "dispatch_id", "kind", "detail", name=op.f("pk_dispatch_event")),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("dispatch_event")
    op.drop_table("mailing_removal")
    op.drop_table("dispatch")
    op.drop_table("sending_rules")
    op.drop_table("message_template")
    op.drop_table("message_picture")
    op.drop_table("mailing")
