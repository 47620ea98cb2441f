-- Cents beyond 21 474 836.47 do not fit into an integer.
ALTER TABLE wallets ALTER COLUMN balance TYPE bigint;
