SELECT id, mail FROM customers WHERE id = $1;
INSERT INTO customers (mail, email, name) VALUES ($1, $2, $3);
