-- When no release that could run again needs it.
ALTER TABLE customers DROP COLUMN mail;
