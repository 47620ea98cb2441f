--liquibase formatted sql

--changeset ann:1
--comment: Where an order comes from
ALTER TABLE orders ADD COLUMN channel text;
--rollback ALTER TABLE orders DROP COLUMN channel;
