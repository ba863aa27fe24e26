-- The till's replica, version 7: members found by number plate, and coupons printed in thousands.

CREATE TABLE plate_marks (
    entry_id TEXT NOT NULL,                     -- the change feed's entity id, as in member_marks
    mark TEXT NOT NULL,
    member_id TEXT NOT NULL,
    PRIMARY KEY (entry_id, mark)
) STRICT, WITHOUT ROWID;
CREATE INDEX plate_marks_by_mark ON plate_marks (mark);

-- One row for a whole print run: its codes carry a signature, so that none of them has to be listed here.
CREATE TABLE coupon_runs (
    tag TEXT PRIMARY KEY,                       -- what the run's codes begin with
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
