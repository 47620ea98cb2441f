CREATE TABLE carts (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    items text NOT NULL
);
