UPDATE wallets SET balance_big = balance;
