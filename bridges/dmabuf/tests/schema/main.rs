//! The JSON schema takes what the parsers take, and refuses what they refuse.

mod document;
mod judge;
mod messages;

use frame_lending::message::{parse_detections, parse_from_consumer, parse_send};
use serde_json::{Value, json};

use judge::{Question, judge};

/// Whether a parser takes a message, by the name that it has in the schema.
fn takes(name: &str, message: &Value) -> bool {
    let bytes = message.to_string().into_bytes();
    match name {
        "send" => parse_send(&bytes).is_ok(),
        "detections" => parse_detections(&bytes).is_ok(),
        "plain_return" => parse_from_consumer(&bytes, false).is_ok(),
        _ => parse_from_consumer(&bytes, true).is_ok(),
    }
}

/// What stands in place of each member in turn.
fn replacements() -> [Value; 12] {
    [
        json!(null),
        json!(true),
        json!("x"),
        json!(-1),
        json!(1.5),
        json!(0),
        json!([]),
        json!({}),
        json!(9_007_199_254_740_993i64),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(-1.5),
    ]
}

/// The pointers of every member of objects, also of those in arrays.
fn members(of: &Value, at: &str, all: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match of {
        Value::Object(object) => object.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => (0..).zip(items).map(|(i, v)| (format!("{i}"), v)).collect(),
        _ => return,
    };
    for (name, child) in children {
        let pointer = format!("{at}/{name}");
        members(child, &pointer, all);
        all.push(pointer);
    }
}

/// The message with each member missing, and with each replaced by each.
fn spoiled(message: &Value) -> Vec<Value> {
    let mut pointers = Vec::new();
    members(message, "", &mut pointers);
    let mut all = Vec::new();
    for pointer in pointers {
        for value in replacements() {
            let mut other = message.clone();
            *other.pointer_mut(&pointer).expect("it is there") = value;
            all.push(other);
        }
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let mut other = message.clone();
        if let Some(Value::Object(object)) = other.pointer_mut(parent) {
            object.remove(name).expect("it is there");
            all.push(other);
        }
    }
    all
}

#[test]
fn what_is_written_is_taken() {
    let questions: Vec<Question> = messages::all()
        .into_iter()
        .flat_map(|(name, message)| [Question::new(name, &message), Question::new("", &message)])
        .collect();
    let verdicts = judge(&questions);
    assert_eq!(verdicts.len(), 2 * messages::all().len());
    for (question, verdict) in questions.iter().zip(verdicts) {
        assert!(verdict.is_empty(), "{question:?}: {verdict:?}");
    }
}

#[test]
fn schema_and_parsers_agree_about_spoiled_messages() {
    let mut questions = Vec::new();
    for (name, message) in messages::all() {
        if name == "answer" || name == "plain_send" {
            continue;
        }
        questions.extend(spoiled(&message).iter().map(|m| Question::new(name, m)));
    }
    let verdicts = judge(&questions);
    let (mut taken, mut refused) = (0, 0);
    for (question, verdict) in questions.iter().zip(&verdicts) {
        let is_taken = takes(question.name, &question.message);
        assert_eq!(is_taken, verdict.is_empty(), "{question:?}: {verdict:?}");
        *(if is_taken { &mut taken } else { &mut refused }) += 1;
    }
    assert_eq!(verdicts.len(), questions.len());
    assert!(
        taken > 100 && refused > 500,
        "{taken} taken, {refused} refused"
    );
}

#[test]
fn the_documents_examples_are_messages() {
    let examples = document::examples();
    let directions = ["send", "return", "hello", "detections"];
    for direction in directions {
        let of = |example: &&Value| example["direction"] == direction;
        assert!(examples.iter().any(|example| of(&example)), "{direction}");
    }
    let questions: Vec<Question> = examples.iter().map(|m| Question::new("", m)).collect();
    let verdicts = judge(&questions);
    assert_eq!(verdicts.len(), examples.len());
    for (question, verdict) in questions.iter().zip(verdicts) {
        assert!(verdict.is_empty(), "{question:?}: {verdict:?}");
        let direction = question.message["direction"].as_str().expect("a direction");
        assert!(takes(direction, &question.message), "{question:?}");
    }
}
