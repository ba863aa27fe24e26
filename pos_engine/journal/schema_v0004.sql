-- The till's journal, version 4: returns, and the units that came back here, so that none comes back twice.

CREATE TABLE receipts_with_returns (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    store_id TEXT NOT NULL,
    business_day TEXT NOT NULL,
    sequence_no INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sale', 'void', 'return')),
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
INSERT INTO receipts_with_returns SELECT * FROM receipts;
DROP TABLE receipts;
ALTER TABLE receipts_with_returns RENAME TO receipts;
CREATE INDEX receipts_by_time ON receipts (closed_at);

CREATE TABLE returned_units (
    organisation_id TEXT NOT NULL,
    original_id TEXT NOT NULL,                  -- the sale's receipt, of whichever till
    line_id TEXT NOT NULL,
    unit_index INTEGER NOT NULL,
    receipt_id TEXT NOT NULL,                   -- the return
    due_minor INTEGER NOT NULL,                 -- of the whole return, without tax on top
    refund_minor INTEGER NOT NULL,              -- of the whole return, as it was given back
    returned_at TEXT NOT NULL,
    PRIMARY KEY (organisation_id, original_id, line_id, unit_index)
) STRICT, WITHOUT ROWID;
