ALTER TABLE orders DROP CONSTRAINT known_status;
ALTER TABLE orders ADD CONSTRAINT known_status
    CHECK (status IN ('new', 'paid', 'refunded')) NOT VALID;
