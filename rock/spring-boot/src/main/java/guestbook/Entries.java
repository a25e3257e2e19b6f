package guestbook;

import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The table of entries. Without a database each method fails with {@link NoDatabaseException}. */
@Repository
class Entries {

    static class NoDatabaseException extends RuntimeException {
        NoDatabaseException() {
            super("there is no database");
        }
    }

    private final ObjectProvider<JdbcClient> client;

    Entries(ObjectProvider<JdbcClient> client) {
        this.client = client;
    }

    /** Oldest first. */
    List<Entry> list() {
        return sql("SELECT id, text, counted FROM entries ORDER BY id").query(Entry.class).list();
    }

    Entry add(String text) {
        return sql("INSERT INTO entries (text) VALUES (?) RETURNING id, text, counted")
                .param(text)
                .query(Entry.class)
                .single();
    }

    private JdbcClient.StatementSpec sql(String text) {
        return client.getIfAvailable(() -> { throw new NoDatabaseException(); }).sql(text);
    }
}
