CREATE INDEX payments_reference ON payments (reference);
