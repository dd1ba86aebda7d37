//! What every message has to be, whichever members of it are looked at.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// An object in which nothing is amiss, members that nobody knows included: texts are UTF-8, numbers
/// can be read, nothing is nested too deep, and no object has a member twice. It may say what it is
/// for.
pub struct Envelope<'a> {
    pub direction: Option<Cow<'a, str>>,
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Envelope<'de>, D::Error> {
        from.deserialize_map(Open)
    }
}

struct Open;

impl<'de> Visitor<'de> for Open {
    type Value = Envelope<'de>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a message, which is an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut names = Names::default();
        let mut direction = None;
        while let Some(Text(name)) = object.next_key()? {
            match name == "direction" {
                true => direction = object.next_value::<Option<Text<'de>>>()?,
                false => object.next_value().map(|Sound| ())?,
            }
            names.add(name);
        }
        names.check()?;
        let direction = direction.map(|Text(direction)| direction);
        Ok(Envelope { direction })
    }
}

/// A text, in place where the message has it as it is.
#[derive(serde::Deserialize)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Members of the messages that have the most, and some more.
const USUAL: usize = 16;

/// The members of an object. Messages are of each frame, so as many as those have need no memory.
#[derive(Default)]
struct Names<'a> {
    first: [Cow<'a, str>; USUAL],
    count: usize,
    others: Vec<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    fn add(&mut self, name: Cow<'a, str>) {
        match self.first.get_mut(self.count) {
            Some(place) => {
                *place = name;
                self.count += 1;
            }
            None => self.others.push(name),
        }
    }

    /// Checks that none is there twice.
    fn check<E: Error>(mut self) -> Result<(), E> {
        let all = match self.others.is_empty() {
            true => &mut self.first[..self.count],
            false => {
                self.others.extend(self.first);
                &mut self.others[..]
            }
        };
        all.sort_unstable();
        match all.windows(2).any(|pair| pair[0] == pair[1]) {
            true => Err(E::custom("a member is there twice")),
            false => Ok(()),
        }
    }
}

/// JSON in which nothing is amiss.
pub struct Sound;

impl<'de> Deserialize<'de> for Sound {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Sound, D::Error> {
        from.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Sound;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_str<E>(self, _: &str) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Sound, A::Error> {
        while array.next_element::<Sound>()?.is_some() {}
        Ok(Sound)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Sound, A::Error> {
        let mut names = Names::default();
        while let Some(Text(name)) = object.next_key()? {
            names.add(name);
            object.next_value::<Sound>()?;
        }
        names.check()?;
        Ok(Sound)
    }
}
