UPDATE orders SET status = 'paid' WHERE id = $1;
SELECT count(*) FROM orders WHERE status = 'paid';
