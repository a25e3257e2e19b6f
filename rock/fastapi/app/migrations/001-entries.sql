CREATE TABLE entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author text NOT NULL CHECK (author <> ''),
    line text NOT NULL CHECK (line <> ''),
    at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO entries (author, line) VALUES
    ('Ada', 'The engine weaves algebraic patterns as the loom weaves flowers and leaves.'),
    ('Grace', 'A ship in port is safe, but that is not what ships are built for.');
