//! Two messages, byte by byte; what differs is called by its name.

use std::collections::HashMap;
use std::ops::Range;

use crate::case::Step;
use crate::files::{number, text, vectors};

const HEADER: usize = 8;

/// Fields of an ERROR that are not compared: its sentence is the speaker's own, and so is the
/// length of the message that carries it. That there is a sentence is compared.
const FREE: [&str; 2] = ["length", "text"];

/// The fields of every message.
pub struct Fields(HashMap<String, Vec<Field>>);

#[derive(Clone, Debug)]
struct Field {
    name: String,
    place: Range<usize>,
}

impl Fields {
    pub fn load() -> Fields {
        let layouts = vectors("layout.json");
        let fields = layouts.iter().map(|layout| {
            let fields = layout["fields"].as_array().expect("fields");
            let fields = fields.iter().map(|field| {
                let place = number(&field["offset"]) as usize;
                Field {
                    name: text(field, "field").to_owned(),
                    place: place..place + number(&field["size"]) as usize,
                }
            });
            (text(layout, "struct").to_owned(), fields.collect())
        });
        Fields(fields.collect())
    }

    /// The fields of a whole message with `kind` as its payload.
    fn of(&self, kind: &str, size: usize) -> Vec<Field> {
        let field = |name: &str, place| Field {
            name: name.to_owned(),
            place,
        };
        let payload = match kind {
            "opaque" | "empty" => vec![field("payload", HEADER..size.max(HEADER))],
            "error" => vec![
                field("code", HEADER..HEADER + 4),
                field("text", HEADER + 4..size.max(HEADER + 4)),
            ],
            kind => self.0[kind]
                .iter()
                .map(|known| {
                    let Range { start, end } = known.place;
                    field(&known.name, HEADER + start..HEADER + end)
                })
                .collect(),
        };
        [self.0["tlv_header"].clone(), payload].concat()
    }

    /// The fields in which a message is not as expected.
    pub fn differences(&self, expected: &Step, got: &[u8]) -> Vec<String> {
        let Step { kind, bytes, .. } = expected;
        let fields = self.of(kind, bytes.len().max(got.len()));
        let differ = fields.iter().filter(|field| {
            match kind == "error" && FREE.contains(&field.name.as_str()) {
                true => part(got, &field.place).is_empty(),
                false => part(bytes, &field.place) != part(got, &field.place),
            }
        });
        differ
            .map(|field| format!("{}.{}", expected.name, field.name))
            .collect()
    }

    /// `step` with the values of this run in the fields that vary from run to run.
    pub fn with(&self, step: &Step, live: &[(&str, u64)]) -> Step {
        let mut step = step.clone();
        for (name, value) in live {
            if step.varies.iter().any(|field| field == name) {
                self.put(&mut step, name, *value);
            }
        }
        step
    }

    /// Puts a value into the field of any message.
    pub fn put(&self, step: &mut Step, field: &str, value: u64) {
        let place = self.place(step, field);
        let size = place.len();
        step.bytes[place].copy_from_slice(&value.to_le_bytes()[..size]);
    }

    /// The value of a field of at most 8 bytes in a message like `step`.
    pub fn get(&self, step: &Step, bytes: &[u8], field: &str) -> u64 {
        let place = self.place(step, field);
        let mut value = [0; 8];
        value[..place.len()].copy_from_slice(&bytes[place]);
        u64::from_le_bytes(value)
    }

    fn place(&self, step: &Step, field: &str) -> Range<usize> {
        let fields = self.of(&step.kind, step.bytes.len());
        let found = fields.into_iter().find(|known| known.name == field);
        found.expect(field).place
    }
}

/// As much of `place` as there is.
fn part<'a>(bytes: &'a [u8], place: &Range<usize>) -> &'a [u8] {
    let end = place.end.min(bytes.len());
    &bytes[place.start.min(end)..end]
}
