-- The till's replica, version 5: who works at the tills, and by which marks a member is found without a card.

CREATE TABLE cashiers (
    operator TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Rules of the shop for its counters; one row, named 'counter'.
CREATE TABLE counter_policies (
    name TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE member_marks (
    entry_id TEXT PRIMARY KEY,                  -- the change feed's entity id
    mark TEXT NOT NULL,
    member_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX member_marks_by_mark ON member_marks (mark);
