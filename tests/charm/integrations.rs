//! Every integration but databases, ingress and tracing, each with the provider's half of its interface.

mod follow;
mod hostile;
mod providers;
mod table;

use juju::{Event, RelationId, StatusKind, UnitName, Whose};

use crate::support::{Charm, Rock, World};
use providers::{ENDPOINTS, SECRET, answer};

/// A started unit of the framework's charm with every endpoint.
fn world(framework: &str) -> World {
    started(framework, &Charm::with_every_integration(framework))
}

fn started(framework: &str, charm: &Charm) -> World {
    let world = World::of(charm);
    let world = if framework == "flask" { world } else { world.in_container("app") };
    world.with_pod(Rock::idle_as(framework))
}

/// Integrates with an application of the endpoint's name, and has it answer.
fn integrate(world: &World, endpoint: &str) -> RelationId {
    let relation = world.integrate(endpoint, endpoint);
    world.settle();
    answer(world, relation, endpoint);
    world.settle();
    relation
}

/// Asserts that another event changes neither plan, services nor databags.
fn assert_settled(world: &World, relation: RelationId) {
    let state = || {
        let services = world.pebble().services(&[]).unwrap();
        let bags = [Whose::App, Whose::Unit].map(|whose| world.ours(relation, whose));
        (world.pebble().plan().unwrap(), services, bags)
    };
    let before = state();
    world.fire(Event::UpdateStatus);
    assert_eq!(state(), before);
}

/// Adds the integrations one by one, then removes them. Each brings its variable and takes it away again, and a second
/// event has no effects.
fn come_and_go(framework: &str, variables: &[(&str, &str, &str)]) {
    let world = world(framework);
    let at_first = world.variables_of(framework);
    let value = |name: &str| world.variables_of(framework).get(name).cloned();
    let mut relations = Vec::new();
    for (endpoint, name, expected) in variables {
        relations.push((integrate(&world, endpoint), endpoint, name));
        world.expect(StatusKind::Active, "");
        assert_eq!(value(name).as_deref(), Some(*expected), "{endpoint}");
        assert_settled(&world, relations[relations.len() - 1].0);
    }
    // OpenID Connect requires ingress, which came before it and so goes after it.
    for (relation, endpoint, name) in relations.iter().rev() {
        let before = value(name);
        world.separate(*relation);
        world.expect(StatusKind::Active, "");
        assert_ne!(value(name), before, "{endpoint}");
    }
    assert_eq!(world.variables_of(framework), at_first);
    assert!(!world.public_texts().contains(SECRET), "{}", world.public_texts());
}

#[test]
fn every_integration_gives_flask_its_variables_and_takes_them_with_it() {
    let variables = [
        (
            "mongodb",
            "MONGODB_DB_CONNECT_STRING",
            "mongodb://me:hunter2%2Fx@mongo-0:27017,mongo-1:27017/flask-k8s?replicaSet=rs0",
        ),
        ("redis", "REDIS_DB_CONNECT_STRING", "redis://redis-0:6379"),
        ("valkey", "VALKEY_DB_CONNECT_STRING", "valkey://me:hunter2%2Fx@valkey-0:6379"),
        ("rabbitmq", "RABBITMQ_CONNECT_STRING", "amqp://flask-k8s:hunter2%2Fx@rabbitmq:5672/%2F"),
        ("s3", "S3_SECRET_KEY", "hunter2/x"),
        ("saml", "SAML_SIGNING_CERTIFICATE", "MIIC"),
        ("smtp", "SMTP_PASSWORD", "hunter2/x"),
        ("openfga", "FGA_TOKEN", "hunter2/x"),
        ("http-proxy", "https_proxy", "http://me:hunter2%2Fx@squid:3128"),
        ("ingress", "FLASK_BASE_URL", "https://example.com/test-flask"),
        ("oidc", "FLASK_OIDC_CLIENT_SECRET", "hunter2/x"),
    ];
    come_and_go("flask", &variables);
}

#[test]
fn every_integration_gives_spring_boot_its_properties_and_takes_them_with_it() {
    let uri = "mongodb://me:hunter2%2Fx@mongo-0:27017,mongo-1:27017/flask-k8s?replicaSet=rs0";
    let registration = "spring.security.saml2.relyingparty.registration.testentity.assertingparty";
    let variables = [
        ("mongodb", "spring.data.mongodb.uri", uri),
        ("redis", "spring.data.redis.url", "redis://redis-0:6379"),
        ("valkey", "VALKEY_DB_PASSWORD", "hunter2%2Fx"),
        ("rabbitmq", "spring.rabbitmq.password", "hunter2/x"),
        ("s3", "spring.cloud.aws.credentials.secretKey", "hunter2/x"),
        ("saml", &format!("{registration}.verification.credentials[0].certificate-location"), "file:/app/saml.cert"),
        ("smtp", "spring.mail.password", "hunter2/x"),
        ("openfga", "openfga.credentials.config.api-token", "hunter2/x"),
        ("http-proxy", "HTTP_PROXY", "http://me:hunter2%2Fx@squid:3128"),
        ("ingress", "APP_BASE_URL", "https://example.com/test-flask"),
        ("oidc", "spring.security.oauth2.client.registration.oidc.client-secret", "hunter2/x"),
    ];
    come_and_go("spring-boot", &variables);
}

#[test]
fn data_of_any_integration_that_are_wrong_are_told_and_the_application_runs_on() {
    let world = world("flask");
    let long = "x".repeat(20_000);
    let table = [
        ("mongodb", ("endpoints", "a:1,b:x"), "endpoints: an entry has a port that is not a number"),
        ("redis", ("leader-host", "a b"), "leader-host: it is not the name or address of a host"),
        ("valkey", ("requests", "{}"), "requests: it is not a list of responses"),
        ("rabbitmq", ("hostname", "a/b"), "hostname: it is not the name or address of a host"),
        ("s3", ("secret-key", &long), "secret-key: it is longer than 10 KiB"),
        ("saml", ("entity_id", ""), "entity_id: it is missing"),
        ("smtp", ("port", "65536"), "port: it is not a port's number"),
        ("openfga", ("token_secret_id", "hunter2"), "token_secret_id: it is not the address of a secret"),
        ("ingress", ("ingress", "{"), "ingress: it is not JSON"),
        ("oidc", ("client_secret_id", "hunter2"), "client_secret_id: it is not the address of a secret"),
        ("http-proxy", ("responses", "hunter2"), "responses: it is not JSON"),
    ];
    for (endpoint, data, why) in table {
        let relation = integrate(&world, endpoint);
        let state = || (world.pebble().plan().unwrap(), world.pebble().services(&[]).unwrap());
        let before = state();
        world.say(relation, endpoint, &[data]);
        world.settle();
        let complaint = match endpoint {
            "http-proxy" => "http-proxy relation data is either unavailable, invalid or not usable.".to_owned(),
            _ => format!("Invalid {endpoint} relation data."),
        };
        let status = world.status();
        let first = status.message.split("; ").next().unwrap();
        let remedy = format!("correct it in {endpoint}, or juju remove-relation {relation}");
        assert_eq!((status.kind, first), (StatusKind::Blocked, format!("{complaint} {why} ({remedy})").as_str()));
        assert_eq!(state(), before, "{endpoint}");
        world.separate(relation);
        world.expect(StatusKind::Active, "");
        world.server.with(|model| model.remove_application(endpoint)).unwrap();
    }
    assert!(!world.public_texts().contains(SECRET), "{}", world.public_texts());
}

#[test]
fn required_integrations_are_told_by_name_and_stop_the_application() {
    let mut charm = Charm::with_every_integration("flask");
    for endpoint in ENDPOINTS {
        let line = format!("  {endpoint}: {{interface: {}, optional: ", providers::interface(endpoint));
        charm = charm.replace(&format!("{line}true"), &format!("{line}false"));
    }
    let world = started("flask", &charm);
    let missing = "mongodb, rabbitmq, redis, s3, openfga, saml, smtp, oidc, valkey, http-proxy";
    world.expect(StatusKind::Blocked, &format!("missing integrations: {missing}"));
    integrate(&world, "ingress");
    let mut left: Vec<_> = missing.split(", ").collect();
    let relations: Vec<_> = ENDPOINTS
        .iter()
        .map(|endpoint| {
            let relation = integrate(&world, endpoint);
            left.retain(|name| name != endpoint);
            let (kind, message) = match left.as_slice() {
                [] => (StatusKind::Active, String::new()),
                left => (StatusKind::Blocked, format!("missing integrations: {}", left.join(", "))),
            };
            world.expect(kind, &message);
            relation
        })
        .collect();
    let running = || world.pebble().services(&[]).unwrap().iter().any(|service| service.is_running());
    assert!(running());
    for (endpoint, relation) in
        ENDPOINTS.iter().zip(relations).filter(|(name, _)| ["mongodb", "valkey", "smtp"].contains(name))
    {
        world.separate(relation);
        world.expect(StatusKind::Blocked, &format!("missing integrations: {endpoint}"));
        assert!(!running(), "{endpoint}");
        world.server.with(|model| model.remove_application(endpoint)).unwrap();
        integrate(&world, endpoint);
        world.expect(StatusKind::Active, "");
        assert!(running());
    }
}

#[test]
fn a_client_of_openid_connect_needs_its_provider_ingress_and_the_scope() {
    let world = world("flask");
    let relation = world.integrate("oidc", "oidc");
    world.settle();
    world.expect(StatusKind::Blocked, "Please check oidc charm!");
    let redirect = || world.ours(relation, Whose::App)["redirect_uri"].clone();
    assert_eq!(redirect(), "http://flask-k8s.test:8000/callback");
    answer(&world, relation, "oidc");
    world.settle();
    world.expect(StatusKind::Blocked, "Ingress relation is required for OIDC to work correctly!");
    let ingress = integrate(&world, "ingress");
    world.expect(StatusKind::Active, "");
    assert_eq!(redirect(), "https://example.com/test-flask/callback");
    world.configure(&[("oidc-redirect-path", "/back")]);
    assert_eq!(redirect(), "https://example.com/test-flask/back");
    world.configure(&[("oidc-scopes", "profile")]);
    let openid = "The 'openid' scope is required for OAuth integration, please add it to the scopes.";
    world.expect(StatusKind::Blocked, openid);
    assert_eq!(world.ours(relation, Whose::App)["scope"], "openid profile email", "an invalid scope is not requested");
    world.configure(&[("oidc-scopes", "openid")]);
    world.expect(StatusKind::Active, "");
    assert_eq!(world.variables()["FLASK_OIDC_CLIENT_KWARGS"], r#"{"scope": "openid"}"#);
    world.separate(ingress);
    world.expect(StatusKind::Blocked, "Ingress relation is required for OIDC to work correctly!");
    world.separate(relation);
    world.expect(StatusKind::Active, "");
}

#[test]
fn a_proxy_takes_the_place_of_the_models_for_every_unit() {
    let mut world = world("flask");
    let model = [("JUJU_CHARM_HTTP_PROXY", "http://model:1"), ("JUJU_CHARM_NO_PROXY", "localhost")];
    world.options.variables.extend(model.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let proxies = |world: &World| {
        let all = world.variables();
        ["http_proxy", "HTTPS_PROXY", "NO_PROXY"].map(|name| all.get(name).cloned().unwrap_or_default())
    };
    let relation = world.integrate("http-proxy", "http-proxy");
    world.settle();
    world.expect(StatusKind::Active, "");
    assert_eq!(proxies(&world), ["http://model:1", "", "localhost"], "the provider has not answered yet");
    answer(&world, relation, "http-proxy");
    world.settle();
    let ours = "http://me:hunter2%2Fx@squid:3128";
    assert_eq!(proxies(&world), [ours, ours, "localhost"]);

    let other = UnitName::new("flask-k8s", 1);
    world.server.with(|model| {
        assert_eq!(model.add_unit("flask-k8s").unwrap(), other);
        model.set_leader(&other).unwrap();
    });
    world.settle();
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Active, "");
    assert_eq!(proxies(&world), [ours, ours, "localhost"], "a unit that does not lead and may not read the request");
    world.separate(relation);
    assert_eq!(proxies(&world), ["http://model:1", "", "localhost"]);
}

#[test]
fn a_secret_that_is_rotated_arrives() {
    let world = world("flask");
    for (endpoint, name, field) in [("openfga", "FGA_TOKEN", "token"), ("oidc", "FLASK_OIDC_CLIENT_SECRET", "secret")] {
        let relation = world.integrate(endpoint, endpoint);
        world.settle();
        let secrets = answer(&world, relation, endpoint);
        if endpoint == "oidc" {
            integrate(&world, "ingress");
        }
        world.settle();
        assert_eq!(world.variables()[name], "hunter2/x");
        let content = crate::support::secret(&[(field, "hunter2-new")]);
        world.server.with(|model| model.set_secret(&secrets[0], content)).unwrap();
        world.settle();
        assert_eq!(world.variables()[name], "hunter2-new");
    }
}

#[test]
fn spring_boot_gets_the_certificate_as_a_file_and_starts_anew_with_another() {
    let world = world("spring-boot");
    let relation = integrate(&world, "saml");
    let certificate = |body: &str| format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----");
    assert_eq!(world.file("/app/saml.cert"), certificate("MIIC"));
    let started = || world.pebble().services(&["spring-boot"]).unwrap()[0].current_since.clone();
    let before = started();
    world.fire(Event::UpdateStatus);
    assert_eq!(started(), before);
    world.say(relation, "saml", &[("x509certs", "MIIE,MIID")]);
    world.settle();
    world.expect(StatusKind::Active, "");
    assert_eq!(world.file("/app/saml.cert"), certificate("MIIE"));
    assert_ne!(started(), before, "the application reads the file when it starts");
}
