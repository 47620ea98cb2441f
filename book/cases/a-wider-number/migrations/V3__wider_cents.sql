ALTER TABLE payments ALTER COLUMN cents TYPE bigint;
