-- INSTANT: only the catalog changes, whatever the number of rows.
ALTER TABLE orders ADD COLUMN note varchar(500), ALGORITHM=INSTANT;
