-- The till's replica, version 4: pictures of the shop, such as the logo on receipts.

CREATE TABLE pictures (
    name TEXT NOT NULL PRIMARY KEY,
    png BLOB NOT NULL
) STRICT, WITHOUT ROWID;
