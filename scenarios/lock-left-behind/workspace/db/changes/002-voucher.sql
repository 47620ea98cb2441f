--liquibase formatted sql

--changeset ben:2
--comment: Green stores a voucher
ALTER TABLE orders ADD COLUMN voucher text;
--rollback ALTER TABLE orders DROP COLUMN voucher;

--changeset ben:3
--comment: No new order below zero; old ones are looked at in the next changeset
ALTER TABLE orders ADD CONSTRAINT total_not_negative CHECK (total >= 0) NOT VALID;
--rollback ALTER TABLE orders DROP CONSTRAINT total_not_negative;

--changeset ben:4
--comment: Reads the whole table, and stops nobody
ALTER TABLE orders VALIDATE CONSTRAINT total_not_negative;
--rollback empty
