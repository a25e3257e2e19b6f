use super::*;
use crate::name::RelationId;
use crate::secret::Secret;

const ID: &str = "cjqub6vubg2s77p3nio0";
const OTHER: &str = "9m4e2mr0ui3e8a215n4g";

fn offer(label: &str) -> Offer {
    Offer { label: label.to_owned(), content: [("password".to_owned(), Secret::from("hunter2"))].into() }
}

/// A draft of the list `["<text>", "<id of the secret>"]`.
fn list(text: &str) -> Draft {
    let parts = [Part::Text(format!("[\"{text}\", \"")), Part::Secret(offer("user")), Part::Text("\"]".to_owned())];
    let mut draft = Draft::default();
    draft.set("list", parts.into_iter().collect::<Value>());
    draft
}

/// The texts of a draft if Juju has one secret, and the ids that were found in the databag.
fn resolved(draft: &Draft, current: &Databag) -> (Databag, Vec<String>) {
    let mut named = Vec::new();
    let texts = draft.resolve(current, |_, _, id| {
        named.extend(id.map(ToString::to_string));
        Ok::<_, ()>(ID.parse().unwrap())
    });
    (texts.unwrap(), named)
}

#[test]
fn only_texts_that_differ_are_in_a_draft() {
    let current = Databag::from_iter([("a", "1"), ("b", "2"), ("other", "x")]);
    let mut draft = Draft::differing(&current, &Databag::from_iter([("a", "1"), ("b", ""), ("c", "3"), ("d", "")]));
    draft.set("secret-user", offer("user"));
    assert_eq!(draft.texts(), Databag::from_iter([("b", ""), ("c", "3")]));
    assert_eq!(draft.keys().collect::<Vec<_>>(), ["b", "c", "secret-user"]);
    assert_eq!(draft.offers().collect::<Vec<_>>(), [&offer("user")]);
    let (texts, named) = resolved(&draft, &current);
    assert_eq!(texts, Databag::from_iter([("b", ""), ("c", "3"), ("secret-user", &format!("secret:{ID}"))]));
    assert_eq!(named, [""; 0]);
}

#[test]
fn an_id_that_stands_there_is_found_and_its_form_is_no_change() {
    let mut draft = Draft::default();
    draft.set("secret-user", offer("user"));
    for text in [ID.to_owned(), format!("secret:{ID}"), format!("secret://20ce8299-3634/{ID}")] {
        let (texts, named) = resolved(&draft, &Databag::from_iter([("secret-user", &text)]));
        assert!(texts.is_empty(), "{text}");
        assert!(named[0].ends_with(ID), "{text}");
    }
    let (texts, named) = resolved(&draft, &Databag::from_iter([("secret-user", OTHER)]));
    assert_eq!(texts.text("secret-user"), Some(format!("secret:{ID}").as_str()));
    assert_eq!(named, [format!("secret:{OTHER}")]);
}

#[test]
fn an_id_within_a_text_is_found_only_in_its_own_place() {
    let draft = list("a");
    let text = format!("[\"a\", \"secret:{ID}\"]");
    let (first, _) = resolved(&draft, &Databag::new());
    assert_eq!(first, Databag::from_iter([("list", &text)]));
    assert_eq!(resolved(&draft, &first), (Databag::new(), vec![format!("secret:{ID}")]));
    // The first entry is the other side's choice, so an id in it is not ours.
    let chosen = list(&format!("secret:{OTHER}"));
    let text = format!("[\"secret:{OTHER}\", \"secret:{ID}\"]");
    assert_eq!(resolved(&chosen, &first), (Databag::from_iter([("list", &text)]), vec![]));
    for text in ["", "[\"a\", \"", "[\"a\", \"secret:\"]", "[\"a\", \"none\"]"] {
        let (texts, named) = resolved(&draft, &Databag::from_iter([("list", text)]));
        assert_eq!((texts, named), (first.clone(), vec![]), "{text}");
    }
}

#[test]
fn a_unit_that_can_not_read_the_databag_changes_nothing_in_it() {
    let wanted = Databag::from_iter([("a", "1")]);
    let content = || offer("user").content;
    let mut view = View::empty("db", RelationId(7));
    assert!(Changes::with_secret(&view, &wanted, "secret-user", "user", content()).is_empty());
    view.local_app = Some(Databag::from_iter([("secret-user", ID)]));
    let changes = Changes::with_secret(&view, &wanted, "secret-user", "user", content());
    assert_eq!((changes.app.texts(), changes.app.offers().count()), (wanted.clone(), 1));
    let without = Changes::with_secret(&view, &wanted, "secret-user", "user", SecretContent::new());
    assert_eq!(without.app.texts(), Databag::from_iter([("a", "1"), ("secret-user", "")]));
    assert_eq!(without.app.offers().count(), 0);
}

#[test]
fn neither_texts_nor_contents_are_shown() {
    let mut draft = Draft::differing(&Databag::new(), &Databag::from_iter([("password", "hunter2")]));
    draft.set("secret-user", offer("user"));
    let expected = r#"Draft({"password": Value([Text(***)]), "secret-user": Value([Secret("user")])})"#;
    assert_eq!(format!("{draft:?}"), expected);
    assert!(!format!("{:?}", offer("user")).contains("hunter2"));
}
