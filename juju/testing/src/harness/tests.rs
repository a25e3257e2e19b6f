//! Tests of the harness with the charms of [`charm`].

mod charm;
mod container;
mod examples;
mod life;
mod relation;
mod rules;
mod subjects;

use super::*;
use charm::{Patient, Recorder, Scripted};
use juju::{Databag, RelationId};

const METADATA: &str = "
name: web
requires:
  db: {interface: pg, limit: 2}
  my-cache: {interface: redis, optional: true}
provides:
  site: {interface: http}
peers:
  ring: {interface: ring}
resources:
  image: {type: oci-image}
  page: {type: file, filename: page.html}
extra-bindings:
  admin:
storage:
  data: {type: filesystem, multiple: {range: 0-2}}
";
const CONFIG: &str = "options: {port: {type: int, default: 8000}, title: {type: string}}";
const ACTIONS: &str = "greet: {params: {whom: {type: string, default: world}}, required: [times]}";

fn harness<C: Charm>() -> Harness<C> {
    Harness::from_meta(METADATA, CONFIG, ACTIONS).unwrap()
}

/// A harness that lives.
fn begun<C: Charm>() -> Harness<C> {
    let mut harness = harness();
    harness.begin().unwrap();
    harness
}
