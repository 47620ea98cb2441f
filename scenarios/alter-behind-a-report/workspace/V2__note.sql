-- A nullable column: the work takes milliseconds.
ALTER TABLE orders ADD COLUMN note text;
