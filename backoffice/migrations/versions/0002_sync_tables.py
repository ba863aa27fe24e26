"""Tills, receipts, coupons, change feed, published sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backoffice.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "change_counter",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_change_counter_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_change_counter")),
    )
    op.create_table(
        "change_row",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("entity", sa.String(length=16), nullable=False),
        sa.Column("entity_id", sa.String(length=200), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(length=8), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_change_row_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "entity", "entity_id", name=op.f("pk_change_row")),
    )
    with op.batch_alter_table("change_row", schema=None) as batch_op:
        batch_op.create_index("ix_change_row_position", ["organisation_id", "position"], unique=True)

    op.create_table(
        "coupon",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("coupon_id", sa.String(length=64), nullable=False),
        sa.Column("series_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("medium", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("uses_total", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.String(length=128), nullable=False),
        sa.Column("redeemed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_coupon_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "coupon_id", name=op.f("pk_coupon")),
    )
    with op.batch_alter_table("coupon", schema=None) as batch_op:
        batch_op.create_index("ix_coupon_campaign", ["organisation_id", "campaign_id", "state"], unique=False)
        batch_op.create_index("ix_coupon_member", ["organisation_id", "member_id"], unique=False)

    op.create_table(
        "campaign_set",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("set_version", sa.BigInteger(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("campaigns", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "store_id"],
            ["store.organisation_id", "store.store_id"],
            name=op.f("fk_campaign_set_organisation_id_store_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "store_id", "set_version", name=op.f("pk_campaign_set")),
    )
    op.create_table(
        "enrolment_code",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_name", sa.String(length=100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "store_id"],
            ["store.organisation_id", "store.store_id"],
            name=op.f("fk_enrolment_code_organisation_id_store_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "code_sha256", name=op.f("pk_enrolment_code")),
    )
    with op.batch_alter_table("enrolment_code", schema=None) as batch_op:
        batch_op.create_index("ix_enrolment_code_code", ["code_sha256"], unique=True)

    op.create_table(
        "workstation",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
        sa.Column("received_set_version", sa.BigInteger(), nullable=False),
        sa.Column("active_set_version", sa.BigInteger(), nullable=False),
        sa.Column("outbox_count", sa.BigInteger(), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("devices", sa.Text(), nullable=False),
        sa.Column("inactive_campaigns", sa.Text(), nullable=False),
        sa.Column("alarms", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "store_id"],
            ["store.organisation_id", "store.store_id"],
            name=op.f("fk_workstation_organisation_id_store_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "workstation_id", name=op.f("pk_workstation")),
    )
    with op.batch_alter_table("workstation", schema=None) as batch_op:
        batch_op.create_index("ix_workstation_store", ["organisation_id", "store_id", "name"], unique=False)
        batch_op.create_index("ix_workstation_token_sha256", ["token_sha256"], unique=True)

    op.create_table(
        "offer_usage",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_offer_usage_organisation_id_workstation_id"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "offer_id", "member_id", "workstation_id", name=op.f("pk_offer_usage")
        ),
    )
    op.create_table(
        "quarantine",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=False),
        sa.Column("claimed_sha256", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_quarantine_organisation_id_workstation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_quarantine_organisation_id")
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "workstation_id", "epoch", "seq", "raw_sha256", name=op.f("pk_quarantine")
        ),
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index("ix_quarantine_key", ["organisation_id", "workstation_id", "epoch", "seq"], unique=False)

    op.create_table(
        "receipt",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("sequence_no", sa.BigInteger(), nullable=False),
        sa.Column("sale_ref", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("card_id", sa.String(length=64), nullable=False),
        sa.Column("operator", sa.String(length=100), nullable=False),
        sa.Column("set_version", sa.BigInteger(), nullable=False),
        sa.Column("closed_at_claimed", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("clock_suspect", sa.Boolean(), nullable=False),
        sa.Column("total_value_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_due_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_receipt_organisation_id_workstation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "workstation_id", "epoch", "seq", name=op.f("pk_receipt")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index("ix_receipt_closed_at", ["organisation_id", "closed_at"], unique=False)
        batch_op.create_index("ix_receipt_day", ["organisation_id", "business_day", "store_id"], unique=False)
        batch_op.create_index("ix_receipt_member", ["organisation_id", "member_id", "closed_at"], unique=False)
        batch_op.create_index("ix_receipt_sale_ref", ["organisation_id", "workstation_id", "sale_ref"], unique=False)
        batch_op.create_index(
            "ix_receipt_till_day", ["organisation_id", "workstation_id", "business_day"], unique=False
        )

    op.create_table(
        "reconciliation",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("reconciled_at", UtcDateTime(), nullable=False),
        sa.Column("till_receipts", sa.BigInteger(), nullable=False),
        sa.Column("till_redemptions", sa.BigInteger(), nullable=False),
        sa.Column("till_due_minor", sa.BigInteger(), nullable=False),
        sa.Column("till_discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("our_receipts", sa.BigInteger(), nullable=False),
        sa.Column("our_redemptions", sa.BigInteger(), nullable=False),
        sa.Column("our_due_minor", sa.BigInteger(), nullable=False),
        sa.Column("our_discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_reconciliation_organisation_id_workstation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_reconciliation_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "workstation_id", "business_day", name=op.f("pk_reconciliation")),
    )
    with op.batch_alter_table("reconciliation", schema=None) as batch_op:
        batch_op.create_index("ix_reconciliation_day", ["organisation_id", "business_day"], unique=False)

    op.create_table(
        "upload_mark",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_seq", sa.BigInteger(), nullable=False),
        sa.Column("max_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_upload_mark_organisation_id_workstation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "workstation_id", "epoch", name=op.f("pk_upload_mark")),
    )
    op.create_table(
        "coupon_redemption",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("coupon_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("redeemed_at", UtcDateTime(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id", "epoch", "seq"],
            ["receipt.organisation_id", "receipt.workstation_id", "receipt.epoch", "receipt.seq"],
            name=op.f("fk_coupon_redemption_organisation_id_workstation_id_epoch_seq"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "coupon_id", "workstation_id", "epoch", "seq", name=op.f("pk_coupon_redemption")
        ),
    )
    op.create_table(
        "receipt_line",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.String(length=64), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_bp", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id", "epoch", "seq"],
            ["receipt.organisation_id", "receipt.workstation_id", "receipt.epoch", "receipt.seq"],
            name=op.f("fk_receipt_line_organisation_id_workstation_id_epoch_seq"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "workstation_id", "epoch", "seq", "line_id", name=op.f("pk_receipt_line")
        ),
    )
    with op.batch_alter_table("receipt_line", schema=None) as batch_op:
        batch_op.create_index("ix_receipt_line_product", ["organisation_id", "product_id"], unique=False)

    op.create_table(
        "redemption",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_version", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("touched_value_minor", sa.BigInteger(), nullable=False),
        sa.Column("coupon_ids", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id", "epoch", "seq"],
            ["receipt.organisation_id", "receipt.workstation_id", "receipt.epoch", "receipt.seq"],
            name=op.f("fk_redemption_organisation_id_workstation_id_epoch_seq"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "workstation_id", "epoch", "seq", "campaign_id", "offer_id", name=op.f("pk_redemption")
        ),
    )
    with op.batch_alter_table("redemption", schema=None) as batch_op:
        batch_op.create_index("ix_redemption_campaign", ["organisation_id", "campaign_id"], unique=False)


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("redemption", schema=None) as batch_op:
        batch_op.drop_index("ix_redemption_campaign")

    op.drop_table("redemption")
    with op.batch_alter_table("receipt_line", schema=None) as batch_op:
        batch_op.drop_index("ix_receipt_line_product")

    op.drop_table("receipt_line")
    op.drop_table("coupon_redemption")
    op.drop_table("upload_mark")
    with op.batch_alter_table("reconciliation", schema=None) as batch_op:
        batch_op.drop_index("ix_reconciliation_day")

    op.drop_table("reconciliation")
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_index("ix_receipt_till_day")
        batch_op.drop_index("ix_receipt_member")
        batch_op.drop_index("ix_receipt_sale_ref")
        batch_op.drop_index("ix_receipt_day")
        batch_op.drop_index("ix_receipt_closed_at")

    op.drop_table("receipt")
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.drop_index("ix_quarantine_key")

    op.drop_table("quarantine")
    op.drop_table("offer_usage")
    with op.batch_alter_table("workstation", schema=None) as batch_op:
        batch_op.drop_index("ix_workstation_token_sha256")
        batch_op.drop_index("ix_workstation_store")

    op.drop_table("workstation")
    with op.batch_alter_table("enrolment_code", schema=None) as batch_op:
        batch_op.drop_index("ix_enrolment_code_code")

    op.drop_table("enrolment_code")
    op.drop_table("campaign_set")
    with op.batch_alter_table("coupon", schema=None) as batch_op:
        batch_op.drop_index("ix_coupon_member")
        batch_op.drop_index("ix_coupon_campaign")

    op.drop_table("coupon")
    with op.batch_alter_table("change_row", schema=None) as batch_op:
        batch_op.drop_index("ix_change_row_position")

    op.drop_table("change_row")
    op.drop_table("change_counter")
