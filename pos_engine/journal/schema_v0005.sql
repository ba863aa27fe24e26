-- The till's journal, version 5: moves of value on cards that a person decided, and what the back-office knows of them.

ALTER TABLE card_moves ADD COLUMN decided_by TEXT NOT NULL DEFAULT '' CHECK (decided_by IN ('', 'card', 'office'));
-- State and decided_by as the back-office last confirmed them; empty: it was never told, and need not be.
ALTER TABLE card_moves ADD COLUMN told TEXT NOT NULL DEFAULT '';
UPDATE card_moves SET decided_by = 'card' WHERE state IN ('done', 'undone');

-- What a card is asked about when it is tapped: the card's word stands above the office's.
DROP INDEX card_moves_open;
CREATE INDEX card_moves_open ON card_moves (organisation_id, card_id) WHERE state = 'pending' OR decided_by = 'office';
CREATE INDEX card_moves_undecided ON card_moves (organisation_id, begun_at) WHERE state IN ('pending', 'unclear');
CREATE INDEX card_moves_told ON card_moves (organisation_id, begun_at) WHERE told <> '';
