//! The kube client with a server that answers a recorded object.

use explain::{Cause, cluster, explain};
use kube::{Client, Config};

use crate::server::{Server, fixture};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn client(server: &Server) -> Client {
    let url = format!("http://{}", server.address).parse().unwrap();
    Client::try_from(Config::new(url)).unwrap()
}

#[test]
fn a_pod_comes_with_one_request() {
    let body = std::fs::read(fixture("crash-loop")).unwrap();
    let server = Server::start("/api/v1/namespaces/web/pods/shop-0", body);
    let pod = block_on(async { cluster::pod(&client(&server), "shop-0", Some("web")).await.unwrap() });
    assert_eq!(explain(&pod)[0].cause, Cause::CrashLoop);
    assert_eq!(server.requests(), ["GET /api/v1/namespaces/web/pods/shop-0 HTTP/1.1"]);
}

#[test]
fn a_missing_pod_is_named() {
    let server = Server::start("/nowhere", Vec::new());
    let error = block_on(async { cluster::pod(&client(&server), "shop-7", Some("web")).await.unwrap_err() });
    assert!(matches!(error, cluster::Error::NotFound { .. }), "{error:?}");
    assert_eq!(error.to_string(), "cannot find pod shop-7 in namespace web");
}

#[test]
fn an_answer_that_is_no_pod_is_an_error() {
    let server = Server::start("/api/v1/namespaces/web/pods/shop-0", b"<html>".to_vec());
    let error = block_on(async { cluster::pod(&client(&server), "shop-0", Some("web")).await.unwrap_err() });
    assert_eq!(error.to_string(), "cannot read pod shop-0 in namespace web");
}

#[test]
fn a_cluster_that_speaks_tls_gets_a_client() {
    // A cargo feature chooses the crypto provider; without it this would panic.
    let made = block_on(async { Client::try_from(Config::new("https://127.0.0.1:1".parse().unwrap())) });
    assert!(made.is_ok());
}
