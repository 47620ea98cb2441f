SELECT id, email FROM customers WHERE id = $1;
INSERT INTO customers (email, name) VALUES ($1, $2);
