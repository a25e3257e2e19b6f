//! Real servers behind the other integrations: the application uses each.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::support::{Desk, page, wait_until};

/// Pages of the sample that use a service, each with the service's own protocol or a client from PyPI.
const PAGES: &str = r#"

@app.get("/mysql")
def mysql():
    """Count visits in the database."""
    import pymysql

    place = {"host": os.environ["MYSQL_DB_HOSTNAME"], "port": int(os.environ["MYSQL_DB_PORT"])}
    account = {"user": os.environ["MYSQL_DB_USERNAME"], "password": os.environ["MYSQL_DB_PASSWORD"]}
    with pymysql.connect(**place, **account, database=os.environ["MYSQL_DB_NAME"]) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE IF NOT EXISTS visits (at timestamp DEFAULT CURRENT_TIMESTAMP)")
        cursor.execute("INSERT INTO visits VALUES ()")
        connection.commit()
        cursor.execute("SELECT count(*), user() FROM visits")
        count, user = cursor.fetchone()
        cursor.execute("SHOW DATABASES")
        others = [name for (name,) in cursor.fetchall() if name not in (os.environ["MYSQL_DB_NAME"], "information_schema")]
        return {"visits": count, "user": user.split("@")[0], "others": others}


@app.get("/rabbitmq")
def rabbitmq():
    """Send a message, and receive it."""
    import pika

    connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_CONNECT_STRING"]))
    channel = connection.channel()
    channel.queue_declare("orders")
    channel.basic_publish("", "orders", b"two loaves")
    _, _, body = channel.basic_get("orders", auto_ack=True)
    connection.close()
    return {"received": body.decode(), "user": os.environ["RABBITMQ_USERNAME"]}


@app.get("/valkey")
def valkey():
    """Count visits, in the store's own protocol."""
    import socket

    place = (os.environ["VALKEY_DB_HOSTNAME"], int(os.environ["VALKEY_DB_PORT"]))
    user, password = os.environ["VALKEY_DB_USERNAME"], os.environ["VALKEY_DB_PASSWORD"]
    answers = []
    with socket.create_connection(place, timeout=10) as connection:
        lines = connection.makefile()
        for command in ("INCR visits", f"AUTH {user} {password}", "INCR visits", "CONFIG GET requirepass"):
            connection.sendall(f"{command}\r\n".encode())
            answers.append(lines.readline().split(" ")[0].strip())
    return {"answers": answers, "user": user}


@app.get("/smtp")
def smtp():
    """Send a mail to the owner."""
    import smtplib

    with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"]), timeout=10) as server:
        server.sendmail("shop@example.com", ["owner@example.com"], "Subject: An entry\r\n\r\nAda was here.\r\n")
    return {"sent": True}


@app.get("/s3")
def s3():
    """Keep a picture, and look into another's bucket."""
    import boto3
    import botocore

    def client(secret):
        return boto3.client(
            "s3",
            endpoint_url=os.environ["S3_ENDPOINT"],
            region_name=os.environ["S3_REGION"],
            aws_access_key_id=os.environ["S3_ACCESS_KEY"],
            aws_secret_access_key=secret,
            config=botocore.config.Config(s3={"addressing_style": os.environ["S3_ADDRESSING_STYLE"]}),
        )

    def code(call, **arguments):
        try:
            return call(**arguments)["ResponseMetadata"]["HTTPStatusCode"]
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"]

    bucket, own = os.environ["S3_BUCKET"], client(os.environ["S3_SECRET_KEY"])
    before = own.list_objects_v2(Bucket=bucket).get("KeyCount", 0)
    own.put_object(Bucket=bucket, Key=f"pictures/{before}.png", Body=b"PNG")
    return {
        "before": before,
        "picture": own.get_object(Bucket=bucket, Key="pictures/0.png")["Body"].read().decode(),
        "elsewhere": code(own.list_objects_v2, Bucket="another"),
        "wrong": code(client("wrong").list_objects_v2, Bucket=bucket),
    }


@app.get("/out/<int:port>")
def out(port):
    """Fetch a page of the world outside, through the proxy."""
    import urllib.error
    import urllib.request

    def fetch(proxy):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy} if proxy else {}))
        try:
            return opener.open(f"http://127.0.0.9:{port}/", timeout=10).read().decode()
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    proxy = os.environ["HTTP_PROXY"]
    stranger = "http://stranger:wrong@" + proxy.split("@")[-1]
    return {"direct": fetch(None), "through": fetch(proxy), "stranger": fetch(stranger)}
"#;

/// The endpoints that the sample lacks.
const ENDPOINTS: &str = "requires:
  mysql: {interface: mysql_client, optional: true, limit: 1}
  rabbitmq: {interface: rabbitmq, optional: true, limit: 1}
  valkey: {interface: valkey_client, optional: true, limit: 1}
  s3: {interface: s3, optional: true, limit: 1}
  smtp: {interface: smtp, optional: true, limit: 1}
  http-proxy: {interface: http_proxy, optional: true, limit: 1}
";

/// True if all servers are installed; otherwise the test is skipped.
#[track_caller]
fn has_servers() -> bool {
    let programs = ["sbin/mariadbd", "sbin/rabbitmq-server", "bin/redis-server", "bin/aiosmtpd", "sbin/squid"];
    let missing: Vec<_> = programs.into_iter().filter(|program| !Path::new("/usr").join(program).exists()).collect();
    testkit::needs(missing.is_empty(), &format!("servers of integrations ({missing:?} of `scripts/packages`)"))
}

/// The sample with the endpoints and pages.
fn project(desk: &Desk) -> PathBuf {
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("requires:\n"));
    fs::write(&file, text.replace("requires:\n", ENDPOINTS)).unwrap();
    let app = project.join("rock/flask/app.py");
    fs::write(&app, fs::read_to_string(&app).unwrap() + PAGES).unwrap();
    fs::write(project.join("rock/flask/requirements.txt"), "flask\ngunicorn\nboto3\npika\npymysql\n").unwrap();
    project
}

fn said(desk: &Desk, path: &str) -> serde_json::Value {
    desk.wait_for_application();
    serde_json::from_str(&page(&format!("{}/{path}", desk.url()))).unwrap()
}

/// Integrates, has a page use the service, integrates anew, and returns what the page said each time.
fn twice(desk: &Desk, name: &str) -> [serde_json::Value; 2] {
    [(); 2].map(|()| {
        desk.ok(&["integrate", name]);
        let answer = said(desk, name);
        desk.ok(&["remove-relation", "flask-k8s", name]);
        answer
    })
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

fn whole_story(desk: &Desk) {
    desk.ok(&["up", project(desk).to_str().unwrap(), "--detach"]);

    let [first, second] = twice(desk, "mysql");
    assert_eq!((&first["visits"], &second["visits"]), (&1.into(), &2.into()), "the database outlives the relation");
    assert_ne!(first["user"], second["user"]);
    assert_eq!(first["others"], serde_json::json!([]), "a user sees its own database alone");

    let [first, second] = twice(desk, "valkey");
    let answers = |visits: &str| serde_json::json!(["-NOAUTH", "+OK", visits, "-NOPERM"]);
    assert_eq!((&first["answers"], &second["answers"]), (&answers(":1"), &answers(":2")));
    assert_ne!(first["user"], second["user"]);

    let [first, second] = twice(desk, "rabbitmq");
    assert_eq!(first, serde_json::json!({"received": "two loaves", "user": "flask-k8s"}));
    assert_eq!(second, first);

    let [first, second] = twice(desk, "s3");
    let answer = |before: u32| {
        let (elsewhere, wrong) = ("AccessDenied", "SignatureDoesNotMatch");
        serde_json::json!({"before": before, "picture": "PNG", "elsewhere": elsewhere, "wrong": wrong})
    };
    assert_eq!((first, second), (answer(0), answer(1)), "the bucket outlives the relation");

    desk.ok(&["integrate", "smtp"]);
    assert_eq!(said(desk, "smtp")["sent"], true);
    let folder = desk.runtime().join("webcharm/local/smtp/mail/new");
    wait_until("the mail is there", || fs::read_dir(&folder).is_ok_and(|files| files.count() == 1));
    let mail = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    assert!(fs::read_to_string(mail).unwrap().contains("Ada was here."));

    desk.ok(&["integrate", "http-proxy"]);
    let answer = said(desk, &format!("out/{}", outside()));
    assert_eq!(answer, serde_json::json!({"direct": null, "through": "outside", "stranger": 407}));

    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
#[ignore = "long: its packages are downloaded, and it starts six servers"]
fn an_application_uses_every_service() {
    if has_servers() {
        whole_story(&Desk::new());
    }
}

#[test]
#[ignore = "long: its packages are downloaded, and it starts six servers"]
fn an_ordinary_user_s_application_uses_every_service() {
    if has_servers() {
        whole_story(&Desk::of_ordinary_user());
    }
}
