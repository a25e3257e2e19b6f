package guestbook;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.data.mongo.MongoDataAutoConfiguration;
import org.springframework.boot.autoconfigure.data.redis.RedisAutoConfiguration;
import org.springframework.boot.autoconfigure.data.redis.RedisReactiveAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.mongo.MongoAutoConfiguration;
import org.springframework.boot.autoconfigure.mongo.MongoClientSettingsBuilderCustomizer;
import org.springframework.boot.logging.LoggingInitializationContext;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.StandardEnvironment;

/**
 * A guestbook, the sample application of the Spring Boot framework. Without arguments it serves the site; with {@code worker}
 * it counts new entries, with {@code migrate} it makes the tables. The charm sets its settings in environment variables.
 */
@SpringBootApplication(
        exclude = {
            DataSourceAutoConfiguration.class,
            RedisAutoConfiguration.class,
            RedisReactiveAutoConfiguration.class,
            MongoAutoConfiguration.class,
            MongoDataAutoConfiguration.class
        })
public class GuestbookApplication {

    /** The database, if the charm has one: without one, Spring Boot would refuse to start. */
    @Configuration
    @ConditionalOnProperty("spring.datasource.url")
    @Import(DataSourceAutoConfiguration.class)
    static class WithDatabase {}

    /** The cache, if the charm has one: without one, Spring Boot would look for it on this machine. */
    @Configuration
    @ConditionalOnProperty("spring.data.redis.url")
    @Import(RedisAutoConfiguration.class)
    static class WithCache {}

    /** The database of documents, likewise. One that doesn't answer is given up soon. */
    @Configuration
    @ConditionalOnProperty("spring.data.mongodb.uri")
    @Import({MongoAutoConfiguration.class, MongoDataAutoConfiguration.class})
    static class WithDocuments {
        @Bean
        MongoClientSettingsBuilderCustomizer patience() {
            return settings -> settings.applyToClusterSettings(
                    cluster -> cluster.serverSelectionTimeout(2, TimeUnit.SECONDS));
        }
    }

    public static void main(String[] args) throws InterruptedException {
        switch (String.join(" ", args)) {
            case "" -> SpringApplication.run(GuestbookApplication.class);
            case "worker" -> {
                logAsSpringDoes();
                new Worker(Database.of(System.getenv())).run();
            }
            case "migrate" -> {
                logAsSpringDoes();
                System.exit(Migration.run(Database.of(System.getenv())) ? 0 : 1);
            }
            default -> {
                System.err.println("unknown arguments " + List.of(args) + ": it takes none, worker or migrate");
                System.exit(2);
            }
        }
    }

    /** Worker and migration need no application context, which takes most of the time and memory. */
    private static void logAsSpringDoes() {
        var logging = LoggingSystem.get(GuestbookApplication.class.getClassLoader());
        logging.beforeInitialize();
        logging.initialize(new LoggingInitializationContext(new StandardEnvironment()), null, null);
    }
}
