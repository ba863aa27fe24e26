-- The till's journal, version 2: what its receipts did to members' accounts; value on cards, taps of tags.

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
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    usable_from TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organisation_id, workstation_id, epoch, seq, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_bookings_by_account ON account_bookings (organisation_id, workstation_id, account_id, unit);

-- A move is written as pending before the card is told to make it. done and undone are final and come from the card;
-- unclear: the card has made so many moves elsewhere that it no longer tells; the back-office must.
CREATE TABLE card_moves (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    move_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('debit', 'credit')),
    reason TEXT NOT NULL CHECK (reason IN ('sale', 'top_up', 'give_back')),
    reference TEXT NOT NULL,                    -- the sale, or the top-up's own number
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    balance_before_minor INTEGER NOT NULL,
    sequence INTEGER NOT NULL,                  -- the number this move has on the card
    operator TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'undone', 'unclear')),
    begun_at TEXT NOT NULL,
    settled_at TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organisation_id, move_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX card_moves_by_reference ON card_moves (organisation_id, reference);
CREATE INDEX card_moves_open ON card_moves (organisation_id, card_id) WHERE state = 'pending';

-- The highest tap counter seen of each tag: an address that was read before is not a tap.
CREATE TABLE tag_counters (
    organisation_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    counter INTEGER NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (organisation_id, card_id)
) STRICT, WITHOUT ROWID;

-- What this till's receipts used of each offer on each business day; member_id empty: in all. For limits of a period.
CREATE TABLE offer_usage_days (
    organisation_id TEXT NOT NULL,
    business_day TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    uses INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, business_day, offer_id, member_id)
) STRICT, WITHOUT ROWID;
