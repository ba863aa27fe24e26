-- The till's journal, version 7: uses of rights that are written down on customers' cards.

-- One row for each change of what a card remembers; it is there before the card is told. kept: a receipt rests on it.
CREATE TABLE card_right_changes (
    organisation_id TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    change_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    reference TEXT NOT NULL,                    -- the sale
    sequence INTEGER NOT NULL,                  -- its number on the card
    units TEXT NOT NULL,                        -- right -> units, negative: given back (JSON)
    state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'undone', 'unclear')),
    kept INTEGER NOT NULL DEFAULT 0 CHECK (kept IN (0, 1)),
    begun_at TEXT NOT NULL,
    settled_at TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organisation_id, change_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX card_right_changes_by_sale ON card_right_changes (organisation_id, reference);
-- What a card is asked about when it is tapped: what became of a change, and what has to be given back.
CREATE INDEX card_right_changes_open ON card_right_changes (organisation_id, card_id)
    WHERE kept = 0 AND state <> 'undone';
