SELECT id, mail FROM customers WHERE id = $1;
INSERT INTO customers (mail, name) VALUES ($1, $2);
