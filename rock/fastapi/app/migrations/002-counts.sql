-- One row, which the worker keeps.
CREATE TABLE counts (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    entries bigint NOT NULL DEFAULT 0,
    words bigint NOT NULL DEFAULT 0,
    at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO counts DEFAULT VALUES;
