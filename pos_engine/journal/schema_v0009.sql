-- The till's journal, version 9: what the back-office kept aside is told to it again and again, and found by an index.

CREATE INDEX receipts_aside ON receipts (organisation_id, workstation_id, epoch, seq) WHERE quarantine_code <> '';
