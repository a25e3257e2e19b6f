-- Name of the picture that came with an entry.
ALTER TABLE entries ADD COLUMN picture text;
