UPDATE customers SET email = mail WHERE email IS NULL;
