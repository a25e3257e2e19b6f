package guestbook;

import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the files of {@code db/migration} that the database doesn't have yet. Units that migrate at the same time wait for each
 * other.
 */
final class Migration {

    private static final Logger LOG = LoggerFactory.getLogger(Migration.class);

    private Migration() {}

    /** Returns true if the database has all of them now, or there is no database. */
    static boolean run(Optional<Database> database) {
        if (database.isEmpty()) {
            LOG.info("there is no database, so there is nothing to migrate");
            return true;
        }
        var there = database.get();
        try {
            Flyway.configure().dataSource(there.url(), there.user(), there.password()).load().migrate();
            return true;
        } catch (FlywayException error) {
            LOG.error("cannot migrate: {}", error.getMessage());
            return false;
        }
    }
}
