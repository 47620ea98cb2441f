SELECT id, total FROM orders WHERE customer_id = $1;
INSERT INTO orders (customer_id, total) VALUES ($1, $2);
