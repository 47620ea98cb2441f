-- Rows that nobody has written since release 2.
UPDATE customers SET email = mail WHERE email IS NULL;
