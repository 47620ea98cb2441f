CREATE TABLE products (
    id   bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name varchar(200) NOT NULL
);

CREATE TABLE orders (
    id          bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id bigint NOT NULL,
    total       decimal(10, 2) NOT NULL,
    KEY orders_by_customer (customer_id)
);
