CREATE TABLE seats (
    id      bigint PRIMARY KEY,
    show_id bigint NOT NULL,
    taken   boolean NOT NULL DEFAULT false
);

CREATE INDEX seats_by_show ON seats (show_id);
