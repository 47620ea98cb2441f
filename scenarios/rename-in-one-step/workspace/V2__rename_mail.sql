-- A change of the catalog, done in milliseconds.
ALTER TABLE customers RENAME COLUMN mail TO email;
