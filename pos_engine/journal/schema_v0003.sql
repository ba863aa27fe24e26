-- The till's journal, version 3: rights that must not be used twice: what this till holds, promised, used and lent on.

-- One row for each lender this till ever asked: the present life towards it, and what it knows of it.
CREATE TABLE rights_links (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    lender TEXT NOT NULL,                       -- a hub's workstation, or empty: the back-office
    life TEXT NOT NULL,
    lender_life TEXT NOT NULL DEFAULT '',
    turn INTEGER NOT NULL DEFAULT 0,
    confirmed_boot TEXT NOT NULL DEFAULT '',    -- the start of this program in which the lender answered last
    PRIMARY KEY (organisation_id, workstation_id, lender)
) STRICT, WITHOUT ROWID;

-- Units held in the present life. The counters only grow, but for what a void gives back.
CREATE TABLE rights_leases (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    lender TEXT NOT NULL,
    right_id TEXT NOT NULL,
    root TEXT NOT NULL,
    granted INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    heard INTEGER NOT NULL,
    spent INTEGER NOT NULL,
    recalled INTEGER NOT NULL CHECK (recalled IN (0, 1)),
    PRIMARY KEY (organisation_id, workstation_id, lender, right_id)
) STRICT, WITHOUT ROWID;

-- What prices that were told to registers rest on. root empty: on nothing.
CREATE TABLE rights_promises (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    sale_ref TEXT NOT NULL,
    right_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    units INTEGER NOT NULL,
    root TEXT NOT NULL,
    PRIMARY KEY (organisation_id, workstation_id, sale_ref, right_id, campaign_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX rights_promises_by_right ON rights_promises (organisation_id, workstation_id, right_id);

-- What receipts that wait to be uploaded have used.
CREATE TABLE rights_uses (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    right_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    units INTEGER NOT NULL,
    root TEXT NOT NULL,
    PRIMARY KEY (organisation_id, workstation_id, epoch, seq, right_id, campaign_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX rights_uses_by_right ON rights_uses (organisation_id, workstation_id, right_id);

-- Where this till is its store's hub: who borrows here, and what.
CREATE TABLE rights_borrowers (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,               -- this till
    borrower TEXT NOT NULL,
    life TEXT NOT NULL,
    turn INTEGER NOT NULL,
    present INTEGER NOT NULL CHECK (present IN (0, 1)),
    PRIMARY KEY (organisation_id, workstation_id, borrower, life)
) STRICT, WITHOUT ROWID;

CREATE TABLE rights_loans (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    right_id TEXT NOT NULL,
    borrower TEXT NOT NULL,
    life TEXT NOT NULL,
    granted INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    recalled INTEGER NOT NULL CHECK (recalled IN (0, 1)),
    PRIMARY KEY (organisation_id, workstation_id, right_id, borrower, life)
) STRICT, WITHOUT ROWID;
CREATE INDEX rights_loans_by_borrower ON rights_loans (organisation_id, workstation_id, borrower, life);
