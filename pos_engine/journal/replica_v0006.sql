-- The till's replica, version 6: how many chip cards a member has.

CREATE INDEX chips_by_member ON cards (member_id) WHERE card_id >= 'iso14443a:' AND card_id < 'iso14443a;';
