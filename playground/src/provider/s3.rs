//! S3: a bucket and a key for each relation, in a server that checks signatures.

pub mod server;

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interfaces::s3::{self, Bucket, provider};

use super::accounts::{self, Accounts};
use super::process::{self, Place, Process};
use super::relations::{answers, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};
use crate::keeper_handle::OURSELVES;
use crate::pod::Neighbor;
use crate::ui::Ui;
use juju::Role;
use server::{Grants, SERVER};

/// A server of ours, made of the crate s3s: no package is needed.
pub(super) const S3: Provider = Provider {
    name: "s3",
    title: "s3s",
    app: "s3-integrator",
    endpoint: "s3-credentials",
    interface: s3::INTERFACE,
    source: Source::Own,
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: false,
    start: |host| Ok(Box::new(Storage::start(host)?)),
};

/// Users that root runs it as.
const USERS: [&str; 1] = ["nobody"];

/// Port of object storage in a cluster.
const PORT: u16 = 9000;

/// Limit of a start.
const START: Duration = Duration::from_secs(30);

fn file(what: &'static str) -> impl FnOnce(io::Error) -> process::Error {
    process::file(S3.title, what)
}

/// A running server with its keys.
#[derive(Debug)]
struct Storage {
    place: Place,
    process: Process,
    keys: Accounts<Key>,
}

/// Key of a relation to its bucket.
#[derive(Debug, Clone)]
struct Key {
    bucket: String,
    access_key: String,
    secret_key: juju::Secret,
}

impl Storage {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let place = Place::make(S3.title, &host.dir, &USERS)?;
        make(&place, &server::buckets(&place.dir)).map_err(file("make a folder"))?;
        place.write(server::GRANTS, &Grants::default().text())?;
        host.ui.step("starting a server of buckets");
        let process = serve(&place, host.ui)?;
        Ok(Self { place, process, keys: Accounts::default() })
    }

    fn way(&self, host: &Host<'_>) -> Neighbor {
        host.way(host.service(S3.app), host.port(PORT), server::socket(&self.place.dir))
    }

    /// Makes the buckets that are missing, and tells the server who may use which.
    fn admit(&self) -> Result<(), process::Error> {
        for key in self.keys.all() {
            let bucket = server::buckets(&self.place.dir).join(&key.bucket);
            if !bucket.exists() {
                make(&self.place, &bucket).map_err(file("make a bucket"))?;
            }
        }
        let grants = self.keys.all().map(|key| (&*key.access_key, (key.secret_key.expose(), &*key.bucket)));
        self.place.write(server::GRANTS, &Grants::of(grants).text()).map(drop)
    }
}

impl Serve for Storage {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.way(host)]
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        if !self.process.has_ended() {
            return Ok(false);
        }
        host.ui.step("the server of buckets ended; starting it again");
        self.process = serve(&self.place, host.ui)?;
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        let endpoint = format!("http://{}", self.way(host).place());
        let mut is_news = !self.keys.take_gone(relations).is_empty();
        let given = answers(relations, |Relation { view, .. }| {
            let Some(bucket) = requested(view.id, provider::read(view))? else { return Ok(None) };
            if !server::is_name(&bucket) {
                let why = "a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens".to_owned();
                return Err(Error::Refused { relation: view.id, key: "bucket".to_owned(), why });
            }
            let key = self.keys.have(view.id, || {
                is_news = true;
                let access_key = format!("relation-{}", view.id);
                accounts::password().map(|secret_key| Key { bucket, access_key, secret_key })
            });
            let key = key.map_err(file("draw a key"))?;
            Ok(Some(provider::answer(view, &answer(&key, endpoint.clone()))))
        });
        if is_news {
            self.admit()?;
        }
        Ok(given)
    }

    fn rotate(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        self.keys.renew(|key| {
            let secret_key = accounts::password().map_err(file("draw a key"))?;
            Ok::<_, process::Error>(Key { secret_key, ..key.clone() })
        })?;
        self.admit()?;
        Ok(true)
    }
}

fn answer(key: &Key, endpoint: String) -> Bucket {
    Bucket {
        bucket: key.bucket.clone(),
        access_key: key.access_key.as_str().into(),
        secret_key: key.secret_key.clone(),
        endpoint: Some(endpoint.into()),
        region: Some("us-east-1".to_owned()),
        path: None,
        storage_class: None,
        api_version: None,
        uri_style: Some("path".to_owned()),
        tls_ca_chain: Vec::new(),
        attributes: Vec::new(),
    }
}

/// Makes a folder of the server's user.
fn make(place: &Place, folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(folder)?;
    place.give(folder)
}

fn serve(place: &Place, ui: &Ui) -> Result<Process, process::Error> {
    // A socket that an ended server left prevents the start.
    let socket: PathBuf = server::socket(&place.dir);
    let _ = fs::remove_file(&socket);
    let mut process = place.start(&place.spec(Path::new(OURSELVES), [SERVER, crate::daemon::HOME]), None)?;
    let client = http_client::on_socket(&socket);
    process.wait(START, ui, || client.get("http://s3/").send().ok())?;
    Ok(process)
}
