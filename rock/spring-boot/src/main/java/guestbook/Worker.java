package guestbook;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the new entries each second. It waits for an unreachable database. */
class Worker {

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    private final Optional<Database> database;
    private boolean away;

    Worker(Optional<Database> database) {
        this.database = database;
    }

    /** Runs until the process is ended. */
    void run() throws InterruptedException {
        if (database.isEmpty()) {
            LOG.info("there is no database, so there is nothing to count");
        }
        while (true) {
            database.ifPresent(this::tick);
            Thread.sleep(1000);
        }
    }

    private void tick(Database there) {
        try {
            int count = count(there);
            if (count > 0) {
                LOG.info("counted {} entries", count);
            }
            away = false;
        } catch (SQLException error) {
            if (!away) {
                LOG.warn("waiting for the database: {}", error.getMessage());
            }
            away = true;
        }
    }

    /** Marks the uncounted entries, and returns their number. */
    static int count(Database there) throws SQLException {
        try (var connection = DriverManager.getConnection(there.url(), there.user(), there.password());
                var statement = connection.createStatement()) {
            statement.setQueryTimeout(5);
            return statement.executeUpdate("UPDATE entries SET counted = true WHERE NOT counted");
        }
    }
}
