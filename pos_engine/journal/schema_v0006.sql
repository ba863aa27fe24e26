-- The till's journal, version 6: what cashiers did that must be on record reaches the back-office; bookings
-- on accounts without goods; reports on paper.

ALTER TABLE operator_actions ADD COLUMN amount_minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operator_actions ADD COLUMN member_id TEXT NOT NULL DEFAULT '';
-- 1: the operator proved who it is by a PIN.
ALTER TABLE operator_actions ADD COLUMN by_pin INTEGER NOT NULL DEFAULT 0 CHECK (by_pin IN (0, 1));
ALTER TABLE operator_actions ADD COLUMN told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1));
CREATE INDEX operator_actions_waiting ON operator_actions (action_no) WHERE told = 0;

-- account: something was booked on a member's account at the counter, and no goods were sold.
CREATE TABLE receipts_with_accounts (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    store_id TEXT NOT NULL,
    business_day TEXT NOT NULL,
    sequence_no INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sale', 'void', 'return', 'account')),
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
INSERT INTO receipts_with_accounts SELECT * FROM receipts;
DROP TABLE receipts;
ALTER TABLE receipts_with_accounts RENAME TO receipts;
CREATE INDEX receipts_by_time ON receipts (closed_at);

CREATE TABLE print_jobs_with_reports (
    organisation_id TEXT NOT NULL,
    job_no INTEGER PRIMARY KEY,                 -- the order in which paper comes out
    receipt_id TEXT NOT NULL,                   -- empty on a report
    kind TEXT NOT NULL CHECK (kind IN ('receipt', 'coupon', 'copy', 'report')),
    coupon_id TEXT NOT NULL DEFAULT '',
    document BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'printing', 'printed', 'void')),
    attempts INTEGER NOT NULL DEFAULT 0,
    changed_at TEXT NOT NULL
) STRICT;
INSERT INTO print_jobs_with_reports SELECT * FROM print_jobs;
DROP TABLE print_jobs;
ALTER TABLE print_jobs_with_reports RENAME TO print_jobs;
CREATE INDEX print_jobs_waiting ON print_jobs (job_no) WHERE state IN ('pending', 'printing');
CREATE INDEX print_jobs_by_receipt ON print_jobs (organisation_id, receipt_id);
