ALTER TABLE wallets ADD COLUMN balance_big bigint;
