-- The till's journal, version 8: what the back-office knows of rights on cards that are in doubt, and decided of them.

-- decision: used, a person counts it as used, so the card does not get it back; unused, nobody does.
ALTER TABLE card_right_changes ADD COLUMN decision TEXT NOT NULL DEFAULT '' CHECK (decision IN ('', 'used', 'unused'));
-- The row as the back-office last confirmed it; empty: it was never told of it.
ALTER TABLE card_right_changes ADD COLUMN told TEXT NOT NULL DEFAULT '';
-- Each contact asks which are in doubt.
CREATE INDEX card_right_changes_doubt ON card_right_changes (organisation_id, begun_at)
    WHERE state IN ('pending', 'unclear') OR told <> '';
