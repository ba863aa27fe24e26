"""Sessions, one-time links, second factors, and campaigns that a second person approves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backoffice.db import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "app_link",
        sa.Column("link_mark", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.user_id"], name=op.f("fk_app_link_user_id")),
        sa.PrimaryKeyConstraint("link_mark", name=op.f("pk_app_link")),
    )
    op.create_index("ix_app_link_user", "app_link", ["user_id"])
    op.create_table(
        "app_passkey",
        sa.Column("credential_mark", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.user_id"], name=op.f("fk_app_passkey_user_id")),
        sa.PrimaryKeyConstraint("credential_mark", name=op.f("pk_app_passkey")),
    )
    op.create_index("ix_app_passkey_user", "app_passkey", ["user_id"])
    op.create_table(
        "app_recovery_code",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("code_mark", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.user_id"], name=op.f("fk_app_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("user_id", "code_mark", name=op.f("pk_app_recovery_code")),
    )
    op.create_table(
        "app_session",
        sa.Column("session_mark", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("via", sa.String(length=32), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.user_id"], name=op.f("fk_app_session_user_id")),
        sa.PrimaryKeyConstraint("session_mark", name=op.f("pk_app_session")),
    )
    op.create_index("ix_app_session_user", "app_session", ["user_id"])
    op.create_table(
        "app_time_code",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.user_id"], name=op.f("fk_app_time_code_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_app_time_code")),
    )
    op.create_table(
        "campaign_approval",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("submitted_by", sa.String(length=254), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=254), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "campaign_id"],
            ["campaign.organisation_id", "campaign.campaign_id"],
            name=op.f("fk_campaign_approval_organisation_id_campaign_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "campaign_id", name=op.f("pk_campaign_approval")),
    )
    # One by one: a batch would make the table anew, and every other table points to it.
    for name in ("owners_need_second_factor", "campaigns_need_approval"):
        op.add_column("organisation", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Take this revision back."""
    op.drop_column("organisation", "campaigns_need_approval")
    op.drop_column("organisation", "owners_need_second_factor")
    op.drop_table("campaign_approval")
    op.drop_table("app_time_code")
    op.drop_table("app_session")
    op.drop_table("app_recovery_code")
    op.drop_table("app_passkey")
    op.drop_table("app_link")
