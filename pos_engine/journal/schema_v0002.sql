-- The till's journal, version 2: what its receipts did to members' accounts.

-- Sums that outlive the receipts, one for each epoch: the back-office says which epoch it has counted up to.
CREATE TABLE account_totals (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    unit TEXT NOT NULL,
    amount INTEGER NOT NULL,
    last_on TEXT NOT NULL,                      -- business day of the newest receipt in it
    PRIMARY KEY (organisation_id, workstation_id, account_id, unit, epoch)
) STRICT, WITHOUT ROWID;

-- Single bookings, kept while their receipt waits to be uploaded: what was used up without the back-office.
CREATE TABLE account_bookings (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    unit TEXT NOT NULL,
    amount INTEGER NOT NULL,
    usable_from TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organisation_id, workstation_id, epoch, seq, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_bookings_by_account ON account_bookings (organisation_id, workstation_id, account_id, unit);
