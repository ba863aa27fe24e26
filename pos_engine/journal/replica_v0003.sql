-- The till's replica, version 3: on which business days other tills used an offer, for limits per day, week and month.

ALTER TABLE offer_usage ADD COLUMN days BLOB NOT NULL DEFAULT X'5B5D';    -- JSON list of {day, uses}; empty: []
