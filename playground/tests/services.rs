//! Real servers behind the other integrations: the sample uses each.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};

use crate::inside::{SAMPLE, Told, has_nothing_to_rotate, relocate, rotate, run, shown, twice, variable, variables};
use crate::support::{Desk, FORM, code, get, page, post, wait_until};

/// Which databases an account sees beside its own.
const OTHER_DATABASES: &str = r#"
import pymysql
names = {"host": "HOSTNAME", "user": "USERNAME", "password": "PASSWORD"}
place = {name: os.environ[f"MYSQL_DB_{variable}"] for name, variable in names.items()}
with pymysql.connect(**place, port=int(os.environ["MYSQL_DB_PORT"])) as connection:
    cursor = connection.cursor()
    cursor.execute("SHOW DATABASES")
    said = [name for (name,) in cursor.fetchall() if name not in (os.environ["MYSQL_DB_NAME"], "information_schema")]
"#;

/// What Valkey answers to a stranger, and to the application's account when it asks for more than it may.
const REFUSED_BY_VALKEY: &str = r#"
import redis
place = {"host": os.environ["VALKEY_DB_HOSTNAME"], "port": int(os.environ["VALKEY_DB_PORT"])}
own = {"username": os.environ["VALKEY_DB_USERNAME"], "password": os.environ["VALKEY_DB_PASSWORD"]}
authority = os.environ.get("VALKEY_DB_TLS_CA_FILE")
if authority:
    place |= {"ssl": True, "ssl_ca_certs": authority}
said = []
for account, command in [({}, ("INCR", "views")), (own, ("CONFIG", "GET", "requirepass"))]:
    try:
        said.append(redis.Redis(**place, **account).execute_command(*command))
    except redis.RedisError as error:
        said.append(type(error).__name__)
"#;

/// What S3 answers in another bucket, and with another secret.
const REFUSED_BY_S3: &str = r#"
import obstore
def refusal(bucket, secret):
    try:
        store = obstore.store.S3Store(
            bucket, endpoint=os.environ["S3_ENDPOINT"], region=os.environ["S3_REGION"], secret_access_key=secret,
            access_key_id=os.environ["S3_ACCESS_KEY"], client_options={"allow_http": True}, retry_config={"max_retries": 0})
        return len(obstore.list(store).collect())
    except Exception as error:
        return next((code for code in ("AccessDenied", "SignatureDoesNotMatch") if code in str(error)), str(error))
own = os.environ["S3_SECRET_KEY"]
said = [refusal("another", own), refusal(os.environ["S3_BUCKET"], "wrong"), refusal(os.environ["S3_BUCKET"], own) > 0]
"#;

/// Status of the proxy's answer to a stranger.
const REFUSED_BY_PROXY: &str = r#"
import urllib.error, urllib.request
proxy = "http://stranger:wrong@" + os.environ["HTTP_PROXY"].split("@")[-1]
try:
    said = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy})).open("http://127.0.0.9/").status
except urllib.error.HTTPError as error:
    said = error.code
"#;

/// True if all servers are installed; otherwise the test is skipped.
#[track_caller]
fn has_servers() -> bool {
    let programs = ["sbin/mariadbd", "sbin/rabbitmq-server", "bin/redis-server", "bin/aiosmtpd", "sbin/squid"];
    let missing: Vec<_> = programs.into_iter().filter(|program| !Path::new("/usr").join(program).exists()).collect();
    testkit::needs(missing.is_empty(), &format!("servers of integrations ({missing:?} of `scripts/packages`)"))
        && testkit::needs(Path::new("/usr/lib/postgresql").is_dir(), "PostgreSQL (Debian's package postgresql)")
}

/// A page of the world outside, at 127.0.0.9: clients go to 127.0.0.1 without a proxy.
fn outside() -> u16 {
    let listener = TcpListener::bind("127.0.0.9:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\noutside");
        }
    });
    port
}

/// Leaves a line in the guestbook.
fn sign(desk: &Desk, line: &str) {
    let answer = post(&desk.url(), FORM, format!("author=Ada&line={}", line.replace(' ', "+")));
    assert_eq!(answer.0, 303, "{answer:?}");
    assert!(shown(desk).contains(&format!("Ada: {line}\n")), "the database has it");
}

/// The number in the page's line `(read … times)`.
fn views(page: &str) -> u32 {
    let line = page.lines().find_map(|line| line.strip_prefix("(read ")?.strip_suffix(" times)"));
    line.unwrap_or_else(|| panic!("no count in {page}")).parse().unwrap()
}

fn database_of_likes(desk: &Desk) {
    let mysql = Told { name: "mysql", secret: "MYSQL_DB_PASSWORD", place: "MYSQL_DB_CONNECT_STRING" };
    let [first, second] = twice(desk, &mysql, || {
        assert_eq!(post(&format!("{}/entries/1/like", desk.url()), FORM, String::new()).0, 303);
        assert_eq!(run(desk, OTHER_DATABASES), json!([]), "a user sees its own database alone");
        (shown(desk), variable(desk, "MYSQL_DB_USERNAME").0)
    });
    assert!(first.0.contains(" (1 like it)\n"), "{}", first.0);
    assert!(second.0.contains(" (2 like it)\n"), "the database outlives the relation: {}", second.0);
    assert_ne!(first.1, second.1);
    assert!(!shown(desk).contains("like it"), "without the relation there are no likes");
}

/// The answer of Valkey to a client without TLS.
const IN_CLEAR: &str = r#"
import redis
try:
    redis.Redis(host=os.environ["VALKEY_DB_HOSTNAME"], port=int(os.environ["VALKEY_DB_PORT"])).ping()
except redis.RedisError as error:
    said = type(error).__name__
"#;

/// The sample verifies the cache by its authority.
fn cache_with_tls(desk: &Desk) {
    desk.ok(&["integrate", "valkey", "certificates"]);
    desk.ok(&["integrate", "flask-k8s", "valkey"]);
    let count = views(&shown(desk));
    assert_eq!(views(&page(&desk.url())), count + 1);
    assert_eq!(run(desk, REFUSED_BY_VALKEY), json!(["AuthenticationError", "NoPermissionError"]));
    assert_eq!(run(desk, IN_CLEAR), json!("ConnectionError"));
    desk.ok(&["remove-application", "valkey"]);
    desk.ok(&["remove-application", "certificates"]);
}

fn caches(desk: &Desk) {
    let valkey = Told { name: "valkey", secret: "VALKEY_DB_PASSWORD", place: "VALKEY_DB_CONNECT_STRING" };
    let [first, second] = twice(desk, &valkey, || {
        let count = views(&shown(desk));
        assert_eq!(views(&page(&desk.url())), count + 1);
        assert_eq!(run(desk, REFUSED_BY_VALKEY), json!(["AuthenticationError", "NoPermissionError"]));
        (count, variable(desk, "VALKEY_DB_USERNAME").0)
    });
    assert!(second.0 > first.0 + 1, "the count outlives the relation");
    assert_ne!(first.1, second.1);

    cache_with_tls(desk);
    desk.ok(&["integrate", "redis"]);
    let count = views(&shown(desk));
    assert_eq!(views(&page(&desk.url())), count + 1);
    relocate(desk, "redis", "REDIS_DB_CONNECT_STRING");
    assert!(views(&shown(desk)) > count + 1, "the count moves with the server");
    has_nothing_to_rotate(desk, "redis", "Redis");
    desk.ok(&["remove-relation", "flask-k8s", "redis"]);
    assert!(!shown(desk).contains("(read "), "nothing counts without a cache");
}

/// Without a queue the worker hears of lines from the database, and doesn't say so.
fn queue(desk: &Desk) {
    // The last entry's number: the log keeps only its last lines.
    let told = |log: &str| {
        let numbers = log.split("the queue told of entry ").skip(1);
        numbers.filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u64>().ok()).max()
    };
    let rabbitmq = Told { name: "rabbitmq", secret: "RABBITMQ_PASSWORD", place: "RABBITMQ_CONNECT_STRING" };
    let [first, second] = twice(desk, &rabbitmq, || {
        let before = told(&desk.ok(&["logs", "--lines", "10000"]));
        sign(desk, "two loaves");
        wait_until("the worker is told", || told(&desk.ok(&["logs", "--lines", "10000"])) > before);
        variable(desk, "RABBITMQ_USERNAME").0
    });
    assert_eq!((first.as_str(), second.as_str()), ("flask-k8s", "flask-k8s"));
}

/// The paths of the pictures that the page shows to a browser.
fn pictures(desk: &Desk) -> Vec<String> {
    let request = http_client::client().get(desk.url()).header("accept", "text/html");
    let page = request.send().unwrap().text().unwrap();
    page.split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn bucket(desk: &Desk) {
    const PICTURE: &str = "GIF89a of Ada";
    let s3 = Told { name: "s3", secret: "S3_SECRET_KEY", place: "S3_ENDPOINT" };
    let [first, second] = twice(desk, &s3, || {
        let part = |name: &str, content: &str| {
            format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
        };
        let file = part("picture\"; filename=\"ada.gif", PICTURE);
        let body = format!("{}{file}--x--\r\n", part("line", "look"));
        let answer = post(&desk.url(), "multipart/form-data; boundary=x", body);
        assert_eq!(answer.0, 303, "{answer:?}");
        assert_eq!(run(desk, REFUSED_BY_S3), json!(["AccessDenied", "SignatureDoesNotMatch", true]));
        let shown = pictures(desk);
        for path in &shown {
            let picture = get(&format!("{}/{path}", desk.url())).unwrap();
            assert_eq!(picture.headers()["content-type"], "image/gif");
            assert_eq!(picture.text().unwrap(), PICTURE);
        }
        shown
    });
    assert_eq!((first.len(), second.len()), (1, 2), "the bucket outlives the relation");
    assert_eq!(second[1], first[0]);
    assert_eq!(code(&format!("{}/{}", desk.url(), first[0])), 404, "its variables are gone");
}

fn mail(desk: &Desk) {
    desk.ok(&["integrate", "smtp"]);
    relocate(desk, "smtp", "SMTP_HOST");
    desk.ok(&["config", "flask-k8s", "owner=grace@example.com"]);
    desk.wait_for_application();
    sign(desk, "was here");
    let folder = desk.runtime().join("webcharm/local/smtp/mail/new");
    wait_until("the mail is there", || fs::read_dir(&folder).is_ok_and(|files| files.count() == 1));
    let mail = fs::read_to_string(fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path()).unwrap();
    assert!(mail.contains("To: grace@example.com\n") && mail.contains("\nAda: was here\n"), "{mail}");

    has_nothing_to_rotate(desk, "smtp", "aiosmtpd");
    desk.ok(&["remove-relation", "flask-k8s", "smtp"]);
}

fn proxy(desk: &Desk) {
    desk.ok(&["config", "flask-k8s", &format!("motto-url=http://127.0.0.9:{}/", outside())]);
    assert!(!shown(desk).contains("“outside”"), "a pod has a loopback of its own");
    desk.ok(&["integrate", "http-proxy"]);
    assert!(shown(desk).contains("“outside”"));
    rotate(desk, "http-proxy", "HTTP_PROXY");
    assert!(shown(desk).contains("“outside”"));
    relocate(desk, "http-proxy", "HTTP_PROXY");
    assert!(shown(desk).contains("“outside”"));
    assert_eq!(run(desk, REFUSED_BY_PROXY), json!(407));
    desk.ok(&["remove-relation", "flask-k8s", "http-proxy"]);
    assert!(!shown(desk).contains("“outside”"));
}

fn whole_story(desk: &Desk) {
    desk.ok(&["up", SAMPLE, "--integrate", "postgresql", "--detach"]);
    database_of_likes(desk);
    caches(desk);
    queue(desk);
    bucket(desk);
    mail(desk);
    proxy(desk);
    let uses: Value = serde_json::from_str(&page(&format!("{}/uses", desk.url()))).unwrap();
    let left: Vec<_> = uses.as_object().unwrap().iter().filter(|(_, is_in_use)| **is_in_use == true).collect();
    assert_eq!(left, [(&"postgresql".to_owned(), &json!(true))]);
    let gone = ["MYSQL_", "VALKEY_", "REDIS_", "RABBITMQ_", "S3_", "SMTP_", "HTTP_PROXY", "HTTPS_PROXY"];
    assert_eq!(variables(desk, &gone), json!([]));

    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
#[ignore = "long: its packages are downloaded, and it starts eight servers"]
fn the_sample_uses_every_service() {
    if has_servers() {
        whole_story(&Desk::new());
    }
}

#[test]
#[ignore = "long: its packages are downloaded, and it starts eight servers"]
fn an_ordinary_user_s_sample_uses_every_service() {
    if has_servers() {
        whole_story(&Desk::of_ordinary_user());
    }
}
