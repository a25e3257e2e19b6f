package guestbook;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ServerSocket;
import java.net.URI;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.client.TestRestTemplate;
import org.springframework.http.ResponseEntity;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.util.LinkedMultiValueMap;

class DatabaseTests {

    private static final String UNUSABLE = "{\"error\":\"the database cannot be used now\"}";

    @Test
    void withoutADatabaseThereIsNothingToMigrate() {
        assertThat(Database.of(Map.of("POSTGRESQL_DB_CONNECT_STRING", "x"))).isEmpty();
        assertThat(Migration.run(Optional.empty())).isTrue();
    }

    private static void expect(ResponseEntity<String> answer, int status, String body) {
        assertThat(answer.getStatusCode().value()).isEqualTo(status);
        assertThat(answer.getBody()).isEqualTo(body);
    }

    /** Databases and a cache at a port with no listener. */
    @Nested
    @SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
    class Away {

        @Autowired
        private TestRestTemplate site;

        @DynamicPropertySource
        static void where(DynamicPropertyRegistry registry) throws Exception {
            try (var socket = new ServerSocket(0)) {
                var url = "jdbc:postgresql://127.0.0.1:" + socket.getLocalPort() + "/guestbook";
                registry.add("spring.datasource.url", () -> url);
                registry.add("spring.data.redis.url", () -> "redis://127.0.0.1:" + socket.getLocalPort());
                registry.add("spring.data.mongodb.uri", () -> "mongodb://127.0.0.1:" + socket.getLocalPort() + "/guestbook");
            }
        }

        @Test
        void itIsNotOurError() {
            expect(site.getForEntity("/entries", String.class), 503, UNUSABLE);
            expect(site.postForEntity("/entries", Map.of("text", "x"), String.class), 503, UNUSABLE);
            var page = site.getForEntity("/", String.class);
            assertThat(page.getStatusCode().value()).isEqualTo(503);
            assertThat(page.getBody()).contains("No entries: the database cannot be used now.").doesNotContain("visits");
            expect(site.getForEntity("/health", String.class), 200, "{\"status\":\"ok\"}");
        }
    }

    /** A real one, which loses its tables. */
    @Nested
    @SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
    @EnabledIfEnvironmentVariable(named = "TEST_DATABASE", matches = ".+")
    class Present {

        @Autowired
        private TestRestTemplate site;

        static Database database() {
            var url = URI.create(System.getenv("TEST_DATABASE"));
            var user = url.getUserInfo().split(":", 2);
            var jdbc = "jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath();
            return new Database(jdbc, user[0], user.length > 1 ? user[1] : null);
        }

        @DynamicPropertySource
        static void where(DynamicPropertyRegistry registry) {
            registry.add("spring.datasource.url", database()::url);
            registry.add("spring.datasource.username", database()::user);
            registry.add("spring.datasource.password", database()::password);
        }

        @BeforeEach
        @AfterEach
        void drop() throws SQLException {
            var there = database();
            try (var connection = DriverManager.getConnection(there.url(), there.user(), there.password());
                    var statement = connection.createStatement()) {
                statement.execute("DROP TABLE IF EXISTS entries, flyway_schema_history");
            }
        }

        @Test
        void entriesAreWrittenAndCounted() throws SQLException {
            expect(site.getForEntity("/entries", String.class), 503, UNUSABLE);
            assertThat(Migration.run(Optional.of(database()))).isTrue();
            assertThat(Migration.run(Optional.of(database()))).isTrue();
            var first = "[{\"id\":1,\"text\":\"The migration wrote this.\",\"counted\":false},"
                    + "{\"id\":2,\"text\":\"And this.\",\"counted\":false}]";
            expect(site.getForEntity("/entries", String.class), 200, first);

            var third = "{\"id\":3,\"text\":\"<i>\",\"counted\":false}";
            expect(site.postForEntity("/entries", Map.of("text", " <i>\0"), String.class), 201, third);
            var form = new LinkedMultiValueMap<String, String>();
            form.add("text", "four");
            // The client follows the redirect to the page.
            assertThat(site.postForObject("/entries", form, String.class)).contains("<li>four</li>");

            assertThat(Worker.count(database())).isEqualTo(4);
            assertThat(site.getForObject("/", String.class)).contains("<li>&lt;i&gt; (counted)</li>");
        }

        @Test
        void unitsMayMigrateAtTheSameTime() {
            var units = Stream.generate(() -> CompletableFuture.supplyAsync(() -> Migration.run(Optional.of(database()))))
                    .limit(5)
                    .toList();
            assertThat(units).allMatch(CompletableFuture::join);
            assertThat(site.getForObject("/entries", String.class)).contains("\"id\":2").doesNotContain("\"id\":3");
        }
    }
}
