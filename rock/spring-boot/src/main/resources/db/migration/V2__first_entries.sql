INSERT INTO entries (text) VALUES ('The migration wrote this.'), ('And this.');
