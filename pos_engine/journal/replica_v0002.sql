-- The till's replica, version 2: the members' accounts as the back-office counts them.

CREATE TABLE balances (
    balance_id TEXT PRIMARY KEY,                -- the change feed's entity id
    account_id TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX balances_by_account ON balances (account_id);
