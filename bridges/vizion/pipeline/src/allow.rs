//! Holding a pipeline to what it may be made of.

use gst::glib::{self, Type};
use gst::prelude::*;

use crate::front::SOURCE;

/// Refuses a text that reaches into the inside of elements: what is there is not there yet when the
/// elements are looked at.
pub fn check_text(text: &str, allowed: &[String]) -> Result<(), String> {
    match text.contains("::") {
        false => Ok(()),
        true => Err(format!(
            "the pipeline sets a property of an element inside of another one ('::'), which is not \
             possible where only some elements are allowed: {}",
            allowed.join(", ")
        )),
    }
}

/// Refuses a pipeline with anything in it that is not in the list, bins and what is in them
/// included. Texts, which may be names of files and of hosts, have to be in the list as well, as
/// `element.property`.
pub fn check_elements(bin: &gst::Bin, allowed: &[String]) -> Result<(), String> {
    for element in bin.children() {
        if element.name() == SOURCE {
            continue;
        }
        let Some(factory) = element.factory() else {
            return Err(format!(
                "the pipeline's element {} is not allowed",
                element.name()
            ));
        };
        let name = factory.name();
        if !allowed.iter().any(|one| *one == name) {
            return Err(format!(
                "the pipeline's element '{name}' is not allowed; these are: {}",
                allowed.join(", ")
            ));
        }
        for property in changed(&element, &factory)? {
            let property = format!("{name}.{property}");
            if !allowed.contains(&property) {
                return Err(format!(
                    "the pipeline's property '{property}' is not allowed, as it could be the name \
                     of a file or of a host"
                ));
            }
        }
        if let Some(bin) = element.downcast_ref::<gst::Bin>() {
            check_elements(bin, allowed)?;
        }
    }
    Ok(())
}

/// The properties of an element that are not as its factory makes them, leaving out those that are
/// but numbers.
fn changed(element: &gst::Element, factory: &gst::ElementFactory) -> Result<Vec<String>, String> {
    let fresh = factory
        .create()
        .build()
        .map_err(|error| error.to_string())?;
    let differs = |property: &glib::ParamSpec| {
        // What cannot be read could be anything.
        !property.flags().contains(glib::ParamFlags::READABLE)
            || text_of(element, property) != text_of(&fresh, property)
    };
    let mut changed = Vec::new();
    for property in &element.list_properties() {
        if could_be_a_name(property) && differs(property) {
            changed.push(property.name().to_owned());
        }
    }
    Ok(changed)
}

/// Whether a property can be set, and to more than a number or a choice.
fn could_be_a_name(property: &glib::ParamSpec) -> bool {
    property.flags().contains(glib::ParamFlags::WRITABLE)
        && !matches!(property.name(), "name" | "parent")
        && !is_number(property.value_type())
}

fn is_number(kind: Type) -> bool {
    const PLAIN: [Type; 8] = [
        Type::BOOL,
        Type::I32,
        Type::U32,
        Type::I64,
        Type::U64,
        Type::F32,
        Type::F64,
        Type::U8,
    ];
    let one_of = |kinds: &[Type]| kinds.iter().any(|&one| kind.is_a(one));
    one_of(&PLAIN)
        || one_of(&[
            Type::ENUM,
            Type::FLAGS,
            gst::Fraction::static_type(),
            gst::Caps::static_type(),
        ])
}

/// A property's value in words, so that two can be compared.
fn text_of(element: &gst::Element, property: &glib::ParamSpec) -> Option<String> {
    let value = element.property_value(property.name());
    if let Ok(text) = value.get::<Option<String>>() {
        return text.map(|text| without_numbers(&text));
    }
    if let Ok(object) = value.get::<Option<glib::Object>>() {
        return object.map(|object| object.type_().name().to_owned());
    }
    value.serialize().ok().map(Into::into)
}

/// Names that elements make up themselves, such as mp4mux for its temporary file, differ in a
/// number, which may be a negative one.
fn without_numbers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_sign = letter == '-' && letters.peek().is_some_and(char::is_ascii_digit);
        match letter.is_ascii_digit() || is_sign {
            true if kept.ends_with('0') => {}
            true => kept.push('0'),
            false => kept.push(letter),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use vizion_streamer::pipeline::Allow;

    /// What is harmless is not refused for what an element is made with.
    #[test]
    fn elements_as_they_are_made_are_allowed() {
        gst::init().expect("GStreamer");
        let Allow::Only(harmless) = Allow::harmless() else {
            panic!("everything is harmless");
        };
        let mut looked_at = 0;
        for name in &harmless {
            let Some(factory) = gst::ElementFactory::find(name) else {
                continue;
            };
            let bin = gst::Bin::new();
            let element = factory.create().build().expect(name);
            bin.add(&element).expect(name);
            assert_eq!(check_elements(&bin, &harmless), Ok(()), "{name}");
            looked_at += 1;
        }
        assert!(looked_at > 30, "{looked_at} elements are installed");
    }

    #[test]
    fn numbers_alone_make_no_difference() {
        assert_eq!(
            without_numbers("/tmp/qtmux123"),
            without_numbers("/tmp/qtmux-45")
        );
        assert_ne!(without_numbers("/tmp/a1"), without_numbers("/tmp/a"));
    }
}
