"""Network campaigns and claims."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backoffice.db import UtcDateTime

revision = "0054"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "claim_payment",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("payment_id", sa.String(length=64), nullable=False),
        sa.Column("network_campaign_id", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_claim_payment_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "payment_id", name=op.f("pk_claim_payment")),
    )
    op.create_table(
        "network_campaign",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("network_campaign_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_network_campaign_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "network_campaign_id", name=op.f("pk_network_campaign")),
    )
    op.create_table(
        "network_part",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("leader_id", sa.String(length=64), nullable=False),
        sa.Column("network_campaign_id", sa.String(length=64), nullable=False),
        sa.Column("selected_at", UtcDateTime(), nullable=False),
        sa.Column("proposed", sa.BigInteger(), nullable=False),
        sa.Column("forfeited_at", UtcDateTime(), nullable=True),
        sa.Column("ordered_at", UtcDateTime(), nullable=True),
        sa.Column("ordered_by", sa.String(length=200), nullable=False),
        sa.Column("addresses", sa.BigInteger(), nullable=False),
        sa.Column("discount_bp", sa.BigInteger(), nullable=False),
        sa.Column("channels", sa.String(length=64), nullable=False),
        sa.Column("booking_url", sa.String(length=500), nullable=False),
        sa.Column("reply_email", sa.String(length=200), nullable=False),
        sa.Column("reply_phone", sa.String(length=64), nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.ForeignKeyConstraint(
            ["leader_id", "network_campaign_id"],
            ["network_campaign.organisation_id", "network_campaign.network_campaign_id"],
            name=op.f("fk_network_part_leader_id_network_campaign_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_network_part_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "leader_id", "network_campaign_id", name=op.f("pk_network_part")),
    )
    op.create_index("ix_network_part_campaign", "network_part", ["leader_id", "network_campaign_id"])
    op.create_table(
        "claim",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("claim_id", sa.String(length=64), nullable=False),
        sa.Column("leader_id", sa.String(length=64), nullable=False),
        sa.Column("network_campaign_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("number_mark", sa.BigInteger(), nullable=True),
        sa.Column("uploaded_on", sa.Date(), nullable=False),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=200), nullable=False),
        sa.Column("share_minor", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("first_by", sa.String(length=200), nullable=False),
        sa.Column("second_by", sa.String(length=200), nullable=False),
        sa.Column("declined_why", sa.String(length=500), nullable=False),
        sa.Column("paid_in", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "leader_id", "network_campaign_id"],
            ["network_part.organisation_id", "network_part.leader_id", "network_part.network_campaign_id"],
            name=op.f("fk_claim_organisation_id_leader_id_network_campaign_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "claim_id", name=op.f("pk_claim")),
    )
    op.create_index("ix_claim_campaign", "claim", ["leader_id", "network_campaign_id", "state"])
    op.create_index("ux_claim_number", "claim", ["organisation_id", "number_mark"], unique=True)
    op.create_table(
        "network_address",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("leader_id", sa.String(length=64), nullable=False),
        sa.Column("network_campaign_id", sa.String(length=64), nullable=False),
        sa.Column("vehicle_id", sa.String(length=64), nullable=False),
        sa.Column("counts_from", sa.Date(), nullable=False),
        sa.Column("rejected", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "leader_id", "network_campaign_id"],
            ["network_part.organisation_id", "network_part.leader_id", "network_part.network_campaign_id"],
            name="fk_network_address_part",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "vehicle_id"],
            ["vehicle.organisation_id", "vehicle.vehicle_id"],
            name=op.f("fk_network_address_organisation_id_vehicle_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "leader_id", "network_campaign_id", "vehicle_id", name=op.f("pk_network_address")
        ),
    )
    op.create_index("ix_network_address_vehicle", "network_address", ["organisation_id", "vehicle_id"])
    op.create_table(
        "claim_paper",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("claim_id", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "claim_id"],
            ["claim.organisation_id", "claim.claim_id"],
            name=op.f("fk_claim_paper_organisation_id_claim_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "claim_id", name=op.f("pk_claim_paper")),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("claim_paper")
    op.drop_index("ix_network_address_vehicle", "network_address")
    op.drop_table("network_address")
    op.drop_index("ux_claim_number", "claim")
    op.drop_index("ix_claim_campaign", "claim")
    op.drop_table("claim")
    op.drop_index("ix_network_part_campaign", "network_part")
    op.drop_table("network_part")
    op.drop_table("network_campaign")
    op.drop_table("claim_payment")
