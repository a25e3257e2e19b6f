//! Random sequences of operations, with the same states, tasks, logs and plan after each.
//!
//! `SEEDS=200` runs more sequences than a few.

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde_json::json;

use super::pair::scene;
use super::request::{Request, get, post, text};

const LAYER: &str = "
services:
  a: {override: replace, command: sleep 1000, startup: enabled}
  b: {override: replace, command: sleep 1000, requires: [a], after: [a]}
  c: {override: replace, command: sh -c 'echo hello; exec sleep 1000', before: [a]}
  d: {override: replace, command: sh -c 'echo out; exit 3', on-failure: ignore}
  e: {override: replace, command: /no/such/program}
";

/// Layers that change a service, add one, or are refused.
const CHANGES: [&str; 4] = [
    "services: {c: {override: merge, environment: {A: '1'}}}",
    "services: {f: {override: replace, command: sleep 1000, startup: enabled}}",
    "services: {a: {override: merge, after: [a, b]}}",
    "services: {b: {override: merge, summary: changed}}",
];

/// Pseudo-random numbers from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % limit
    }

    fn operation(&mut self) -> Request {
        let act =
            |action: &str, services: &[&str]| post("/v1/services", &json!({"action": action, "services": services}));
        let names = ["a", "b", "c", "d", "e"];
        let some: Vec<&str> = (0..=self.below(2)).map(|_| names[self.below(names.len())]).collect();
        match self.below(10) {
            0..3 => act("start", &some),
            3..5 => act("stop", &some),
            5 | 6 => act("restart", &some),
            7 => text("/v1/services", r#"{"action":"replan"}"#),
            8 => text("/v1/services", r#"{"action":"autostart"}"#),
            _ => {
                let layer = CHANGES[self.below(CHANGES.len())];
                let label = ["one", "two"][self.below(2)];
                let combine = self.below(2) == 0;
                post(
                    "/v1/layers",
                    &json!({"action": "add", "combine": combine, "label": label, "format": "yaml", "layer": layer}),
                )
            }
        }
    }
}

fn play(seed: u64) {
    scene(&format!("seed {seed}"), LAYER, |pair| {
        let mut draw = Draw(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..6 {
            pair.ask(&draw.operation());
            for target in
                ["services", "plan?format=yaml", "changes?select=all", "logs?n=-1&services=c", "logs?n=-1&services=d"]
            {
                pair.ask(&get(format!("/v1/{target}")));
            }
        }
    });
}

#[test]
fn sequences() {
    let seeds: u64 = env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(8);
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..seeds.min(8) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    play(seed);
                }
            });
        }
    });
}
