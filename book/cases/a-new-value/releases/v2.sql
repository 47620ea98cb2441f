UPDATE orders SET status = 'refunded' WHERE id = $1;
SELECT count(*) FROM orders WHERE status = 'refunded';
