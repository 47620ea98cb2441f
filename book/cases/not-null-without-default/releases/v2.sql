SELECT id, total, channel FROM orders WHERE customer_id = $1;
INSERT INTO orders (customer_id, total, channel) VALUES ($1, $2, $3);
