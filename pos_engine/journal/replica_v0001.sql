-- The till's replica, version 1: what the back-office knows, as far as a till needs it. Rebuildable from there.

CREATE TABLE position (
    slot INTEGER PRIMARY KEY CHECK (slot = 1),
    change_cursor INTEGER NOT NULL
) STRICT;
INSERT INTO position VALUES (1, 0);

CREATE TABLE members (
    member_id TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cards (
    card_id TEXT PRIMARY KEY,
    member_id TEXT NOT NULL,
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE coupons (
    coupon_id TEXT PRIMARY KEY,
    member_id TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX coupons_by_member ON coupons (member_id) WHERE member_id <> '';

CREATE TABLE products (
    product_id TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE offer_usage (
    usage_id TEXT PRIMARY KEY,                  -- the change feed's entity id
    offer_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    uses INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX offer_usage_by_offer ON offer_usage (offer_id, member_id);

-- Changes this program does not understand: kept until a newer one does, because the cursor moves past them.
CREATE TABLE changes_kept_aside (
    position INTEGER PRIMARY KEY,
    entity TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE campaign_sets (
    set_version INTEGER PRIMARY KEY,
    raw BLOB NOT NULL,
    active INTEGER NOT NULL DEFAULT 0 CHECK (active IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX campaign_sets_active ON campaign_sets (active) WHERE active = 1;
