-- The till's journal, version 1. A published schema file never changes: what comes later is schema_v0002.sql.
-- Instants are ISO 8601 in UTC, days are ISO dates, money is in minor units, hashes are SHA-256 in hex.
-- Every business row carries its organisation: a till that is enrolled elsewhere keeps the old shop's rows apart.

CREATE TABLE identity (
    slot INTEGER PRIMARY KEY CHECK (slot = 1),  -- one row: who this till is now
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    body BLOB NOT NULL                          -- the whole TillIdentity as JSON
) STRICT;

CREATE TABLE notes (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- An epoch begins when a till is enrolled or restored; receipts are numbered inside it.
CREATE TABLE epochs (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    epoch INTEGER NOT NULL CHECK (epoch > 0),
    last_seq INTEGER NOT NULL DEFAULT 0,
    acknowledged_seq INTEGER NOT NULL DEFAULT 0,
    started_at TEXT NOT NULL,
    PRIMARY KEY (organisation_id, workstation_id, epoch)
) STRICT, WITHOUT ROWID;

-- The last number on paper and the totals of a business day; they outlive the receipts they count.
CREATE TABLE days (
    organisation_id TEXT NOT NULL,
    store_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    business_day TEXT NOT NULL,
    last_sequence_no INTEGER NOT NULL DEFAULT 0,
    receipts INTEGER NOT NULL DEFAULT 0,
    redemptions INTEGER NOT NULL DEFAULT 0,
    due_minor INTEGER NOT NULL DEFAULT 0,
    discount_minor INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation_id, store_id, workstation_id, business_day)
) STRICT, WITHOUT ROWID;

-- Receipts are the outbox too: what lies above the epoch's acknowledged mark has not safely arrived.
CREATE TABLE receipts (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    store_id TEXT NOT NULL,
    business_day TEXT NOT NULL,
    sequence_no INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sale', 'void')),
    sale_ref TEXT NOT NULL,
    operator TEXT NOT NULL,
    member_id TEXT NOT NULL,
    set_version INTEGER NOT NULL,
    closed_at TEXT NOT NULL,
    value_minor INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    due_minor INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    raw BLOB NOT NULL,                          -- kept as written; the columns above are a projection of it
    quarantine_code TEXT NOT NULL DEFAULT '',
    quarantine_text TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organisation_id, workstation_id, epoch, seq),
    UNIQUE (organisation_id, workstation_id, sale_ref, kind),
    FOREIGN KEY (organisation_id, workstation_id, epoch) REFERENCES epochs
) STRICT;
CREATE INDEX receipts_by_time ON receipts (closed_at);

-- Sales that are open, and closed ones for as long as a register may ask again.
CREATE TABLE sales (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    sale_ref TEXT NOT NULL,
    state TEXT NOT NULL,
    parked INTEGER NOT NULL DEFAULT 0 CHECK (parked IN (0, 1)),
    set_version INTEGER NOT NULL,               -- the campaign set this sale is pinned to
    receipt_id TEXT NOT NULL DEFAULT '',
    changed_at TEXT NOT NULL,
    document BLOB NOT NULL,                     -- the inputs of its quote as JSON
    PRIMARY KEY (organisation_id, workstation_id, sale_ref)
) STRICT, WITHOUT ROWID;
CREATE INDEX sales_by_state ON sales (organisation_id, workstation_id, state);

CREATE TABLE coupon_redemptions (
    organisation_id TEXT NOT NULL,
    coupon_id TEXT NOT NULL,
    receipt_id TEXT NOT NULL,
    PRIMARY KEY (organisation_id, coupon_id, receipt_id)
) STRICT, WITHOUT ROWID;

-- What this till's receipts used of each offer; member_id empty: in all.
CREATE TABLE offer_usage (
    organisation_id TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    uses INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, offer_id, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE issued_coupons (
    organisation_id TEXT NOT NULL,
    coupon_id TEXT NOT NULL,
    receipt_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    dead INTEGER NOT NULL DEFAULT 0 CHECK (dead IN (0, 1)),  -- its receipt was voided
    body BLOB NOT NULL,                         -- IssuedCoupon as JSON
    PRIMARY KEY (organisation_id, coupon_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX issued_coupons_by_receipt ON issued_coupons (organisation_id, receipt_id);
CREATE INDEX issued_coupons_by_member ON issued_coupons (organisation_id, member_id);

-- Campaign bodies by hash and the sets made of them, so that an open sale or a return finds its own rules again.
CREATE TABLE campaign_bodies (
    organisation_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (organisation_id, sha256)
) STRICT, WITHOUT ROWID;

-- One version number stands for a different set in each store.
CREATE TABLE campaign_sets (
    organisation_id TEXT NOT NULL,
    store_id TEXT NOT NULL,
    set_version INTEGER NOT NULL,
    head BLOB NOT NULL,                         -- the set's document without its bodies
    last_used_at TEXT NOT NULL,
    PRIMARY KEY (organisation_id, store_id, set_version)
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign_set_entries (
    organisation_id TEXT NOT NULL,
    store_id TEXT NOT NULL,
    set_version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (organisation_id, store_id, set_version, position),
    FOREIGN KEY (organisation_id, store_id, set_version) REFERENCES campaign_sets ON DELETE CASCADE,
    FOREIGN KEY (organisation_id, sha256) REFERENCES campaign_bodies
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_set_entries_by_hash ON campaign_set_entries (organisation_id, sha256);

-- Paper that is owed to a customer. pending → printing → printed; void: must not be printed any more.
CREATE TABLE print_jobs (
    organisation_id TEXT NOT NULL,
    job_no INTEGER PRIMARY KEY,                 -- the order in which paper comes out
    receipt_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('receipt', 'coupon', 'copy')),
    coupon_id TEXT NOT NULL DEFAULT '',
    document BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'printing', 'printed', 'void')),
    attempts INTEGER NOT NULL DEFAULT 0,
    changed_at TEXT NOT NULL
) STRICT;
CREATE INDEX print_jobs_waiting ON print_jobs (job_no) WHERE state IN ('pending', 'printing');
CREATE INDEX print_jobs_by_receipt ON print_jobs (organisation_id, receipt_id);

-- What a register was answered under its duplicate key.
CREATE TABLE register_answers (
    organisation_id TEXT NOT NULL,
    key TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    answer BLOB NOT NULL,
    stored_at TEXT NOT NULL,
    PRIMARY KEY (organisation_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX register_answers_by_time ON register_answers (stored_at);

-- Who did what that must be on record: void, reprint.
CREATE TABLE operator_actions (
    organisation_id TEXT NOT NULL,
    action_no INTEGER PRIMARY KEY,
    done_at TEXT NOT NULL,
    operator TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL                       -- the receipt or sale it was done to
) STRICT;
