//! Keys, consumer names and format names: what is accepted keeps to its alphabet.
#![no_main]

use cuframes::Format;
use cuframes::wire::{ConsumerName, validate_key};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let plain = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        if validate_key(text).is_ok() {
            assert!(plain(text) && (1..=63).contains(&text.len()) && !text.starts_with('.'));
        }
        if let Ok(name) = ConsumerName::new(text) {
            assert!(plain(text) && name.as_str() == text);
            assert_eq!(ConsumerName::from_wire(&name.to_wire()), Ok(name));
        }
        if let Ok(format) = text.parse::<Format>() {
            assert!(text == format.ffmpeg_name() || text == format.fourcc_name());
        }
    }
    if let Some(field) = bytes.first_chunk::<32>() {
        let _ = ConsumerName::from_wire(field);
    }
});
