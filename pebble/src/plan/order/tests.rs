use proptest::prelude::*;

use super::*;

/// Services written as `name: after | before | requires`.
fn plan(lines: &[&str]) -> Plan {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let services = lines.iter().map(|line| {
        let (name, rest) = line.split_once(':').unwrap();
        let mut fields = rest.split('|').chain(["", "", ""]);
        let mut next = || words(fields.next().unwrap());
        let (after, before, requires) = (next(), next(), next());
        (name.to_owned(), Service { after, before, requires, ..Service::default() })
    });
    Plan { services: services.collect(), ..Plan::default() }
}

fn names(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Lanes as `a b / c`.
fn shown(lanes: &[Vec<String>]) -> String {
    lanes.iter().map(|lane| lane.join(" ")).collect::<Vec<_>>().join(" / ")
}

#[test]
fn services_start_after_what_they_require_and_name() {
    let table: [(&[&str], &str, &str); 8] = [
        (&["a:", "b:", "c:"], "c a b", "a / b / c"),
        (&["a:|| b", "b:"], "a", "a b"),
        (&["a: b|| b", "b:"], "a", "b a"),
        (&["a: b|| b", "b:"], "b", "b"),
        (&["a:|| b", "b:| a|"], "a", "b a"),
        (&["a: b", "b:"], "a", "a"),
        (&["a: b", "b:"], "a b", "b / a"),
        (&["a:|| c", "b:|| c", "c:| a b|"], "a b", "c a b"),
    ];
    for (lines, wanted, start) in table {
        let plan = plan(lines);
        assert_eq!(shown(&plan.start_order(&names(wanted)).unwrap()), start, "start {wanted} of {lines:?}");
    }
}

#[test]
fn services_stop_before_what_they_require() {
    let plan = plan(&["db:", "web: db|| db", "other:"]);
    assert_eq!(shown(&plan.stop_order(&names("db")).unwrap()), "web db");
    assert_eq!(shown(&plan.stop_order(&names("web")).unwrap()), "web");
    assert_eq!(shown(&plan.start_order(&[]).unwrap()), "");
}

#[test]
fn circles_and_strangers_are_refused() {
    let circle = plan(&["a: b", "b: c", "c: a", "d: a"]);
    let error = circle.validate().unwrap_err();
    assert!(error.to_string().starts_with("plan must define"), "commands come first: {error}");
    let error = super::check(&circle).unwrap_err();
    assert_eq!(error.to_string(), "services in before/after loop: a, b, c");
    let error = circle.start_order(&names("nope")).unwrap_err();
    assert_eq!(error.to_string(), r#"service "nope" does not exist"#);
    assert_eq!(circle.stop_order(&names("x")).unwrap_err().to_string(), r#"service "x" does not exist"#);
    assert!(super::check(&plan(&["a: a"])).is_ok(), "a service may come after itself");
}

#[test]
fn a_long_chain_is_no_trouble() {
    let lines: Vec<String> = (0..20_000).map(|n| format!("s{n}: s{}|| s{}", n + 1, n + 1)).collect();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    lines.push("s20000:");
    let order = plan(&lines).start_order(&names("s0")).unwrap();
    assert_eq!(order.concat().len(), 20_001);
    assert_eq!(order.concat()[0], "s20000");
}

/// Plans with this many services: independent, in a chain, all requiring one, each requiring twenty.
fn shapes(count: usize) -> [Plan; 4] {
    let plan = |requires: &dyn Fn(usize) -> Vec<String>| {
        let service = |n: usize| {
            let requires = requires(n);
            Service { after: requires.clone(), requires, ..Service::default() }
        };
        Plan { services: (0..count).map(|n| (format!("s{n:05}"), service(n))).collect(), ..Plan::default() }
    };
    let names = |range: std::ops::Range<usize>| range.map(|n| format!("s{n:05}")).collect();
    [
        plan(&|_| vec![]),
        plan(&|n| names(n.saturating_sub(1)..n)),
        plan(&|n| names(0..1.min(n))),
        plan(&|n| names(n.saturating_sub(20)..n)),
    ]
}

#[test]
fn the_work_grows_with_services_and_their_needs_only() {
    for count in [1000, 5000] {
        for plan in shapes(count) {
            let all: Vec<String> = plan.services.keys().cloned().collect();
            let size = count + plan.services.values().map(|service| service.requires.len()).sum::<usize>();
            for (what, steps) in [
                ("start", steps::of(|| assert_eq!(plan.start_order(&all).unwrap().concat().len(), count))),
                ("stop", steps::of(|| assert_eq!(plan.stop_order(&all).unwrap().concat().len(), count))),
                ("start of one", steps::of(|| drop(plan.start_order(&all[count - 1..]).unwrap()))),
                ("stop of one", steps::of(|| drop(plan.stop_order(&all[..1]).unwrap()))),
            ] {
                assert!(steps <= 9 * size, "{what} of {count} services takes {steps} steps for {size} names");
            }
        }
    }
}

#[test]
fn a_circle_of_thousands_is_named_by_its_first() {
    let name = |n: usize| format!("{n:05}{}", "x".repeat(200));
    let service = |n: usize| Service { after: vec![name((n + 1) % 3000)], ..Service::default() };
    let plan = Plan { services: (0..3000).map(|n| (name(n), service(n))).collect(), ..Plan::default() };
    let message = super::check(&plan).unwrap_err().to_string();
    assert!(message.starts_with("services in before/after loop: 00000xxx") && message.ends_with(", and 2980 more"));
    assert!(message.len() < 20 * 110, "{}", message.len());
}

#[test]
fn only_keeps_the_order() {
    let lanes = vec![names("a b"), names("c"), names("d e")];
    assert_eq!(shown(&only(lanes, |name| "eba".contains(name))), "a b / e");
}

proptest! {
    /// Edges from lower to higher numbers only, so there is no loop.
    #[test]
    fn every_order_keeps_its_word(edges in proptest::collection::vec((0..8usize, 0..8usize, 0..3u8), 0..20)) {
        let mut plan = plan(&["s0:", "s1:", "s2:", "s3:", "s4:", "s5:", "s6:", "s7:"]);
        for (a, b, kind) in edges {
            let (low, high) = (format!("s{}", a.min(b)), format!("s{}", a.max(b)));
            if low == high {
                continue;
            }
            match kind {
                0 => plan.services.get_mut(&high).unwrap().after.push(low),
                1 => plan.services.get_mut(&low).unwrap().before.push(high),
                _ => plan.services.get_mut(&high).unwrap().requires.push(low),
            }
        }
        let all: Vec<String> = plan.services.keys().cloned().collect();
        let started = order(&plan.services, &all, Direction::Start).unwrap();
        let stopped = order(&plan.services, &all, Direction::Stop).unwrap();
        let at = |order: &[String], name: &str| order.iter().position(|other| other == name).unwrap();
        for (name, service) in &plan.services {
            for earlier in &service.after {
                prop_assert!(at(&started, earlier) < at(&started, name));
                prop_assert!(at(&stopped, earlier) > at(&stopped, name));
            }
            for later in &service.before {
                prop_assert!(at(&started, name) < at(&started, later));
            }
        }
        let mut dealt = plan.start_order(&all).unwrap().concat();
        dealt.sort();
        prop_assert_eq!(dealt, all);
    }
}
