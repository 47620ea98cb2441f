CREATE TABLE orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL,
    total       numeric NOT NULL,
    till_id     bigint
);

CREATE INDEX orders_by_customer ON orders (customer_id);
