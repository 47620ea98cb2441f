SELECT id, cents FROM payments WHERE reference = $1;
UPDATE payments SET cents = cents + $1 WHERE id = $2;
