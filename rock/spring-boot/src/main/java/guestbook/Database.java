package guestbook;

import java.util.Map;
import java.util.Optional;

/** The database's address, from the variables that Spring Boot maps to its properties. */
record Database(String url, String user, String password) {

    static Optional<Database> of(Map<String, String> variables) {
        return Optional.ofNullable(variables.get("spring.datasource.url"))
                .map(url -> new Database(
                        url, variables.get("spring.datasource.username"), variables.get("spring.datasource.password")));
    }
}
