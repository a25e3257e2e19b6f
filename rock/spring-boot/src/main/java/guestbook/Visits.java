package guestbook;

import java.time.Instant;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.dao.DataAccessException;
import org.springframework.data.mongodb.core.MongoTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/** Visits of the page: their number in Redis, and a document for each in MongoDB. The page does without either. */
@Component
class Visits {

    private static final Logger LOG = LoggerFactory.getLogger(Visits.class);

    private static final String NAME = "visits";

    private final ObjectProvider<StringRedisTemplate> cache;
    private final ObjectProvider<MongoTemplate> documents;

    Visits(ObjectProvider<StringRedisTemplate> cache, ObjectProvider<MongoTemplate> documents) {
        this.cache = cache;
        this.documents = documents;
    }

    /** Counts one more visit. Empty if there is no cache, or it doesn't answer. */
    OptionalLong count() {
        var redis = cache.getIfAvailable();
        return redis == null ? OptionalLong.empty() : tried(() -> redis.opsForValue().increment(NAME));
    }

    /** Keeps a document of a visit, and returns the number of them. Empty if there is no database, or it doesn't answer. */
    OptionalLong keep() {
        var mongo = documents.getIfAvailable();
        return mongo == null
                ? OptionalLong.empty()
                : tried(() -> {
                    mongo.getCollection(NAME).insertOne(new org.bson.Document(Map.of("at", Instant.now().toString())));
                    return mongo.getCollection(NAME).countDocuments();
                });
    }

    private static OptionalLong tried(LongSupplier action) {
        try {
            return OptionalLong.of(action.getAsLong());
        } catch (DataAccessException | com.mongodb.MongoException error) {
            LOG.warn("a visit is not kept: {}", error.getMessage());
            return OptionalLong.empty();
        }
    }
}
