//! Addresses without what nobody else should read.

/// `address` without name, password and query. Those are told by marks that may also stand
/// inside of a password, so whatever could be part of one is left out.
pub fn redact(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("//") else {
        return address.to_owned();
    };
    let (user, place) = match rest.rsplit_once('@') {
        // An @ in a query hides a host, too; that does no harm.
        Some((_, place)) => ("***@", place),
        None => ("", rest),
    };
    let query = match place.find(['?', '#', '&']) {
        Some(begin) => (&place[..begin], "?***"),
        None => (place, ""),
    };
    format!("{scheme}//{user}{}{}", query.0, query.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_left() {
        let cases = [
            ("rtsp://host:554/a/b", "rtsp://host:554/a/b"),
            ("rtsp://me:secret@host/a", "rtsp://***@host/a"),
            ("rtsp://me:sec/r@et@host/a", "rtsp://***@host/a"),
            ("rtsp://me:se?cret@host/a", "rtsp://***@host/a"),
            ("http://host/a?user=me&pwd=secret", "http://host/a?***"),
            ("http://host/a?mail=a@b&pwd=secret", "http://***@b?***"),
            ("http://host/a#secret", "http://host/a?***"),
            (
                "lavfi:movie=rtsp\\://me:secret@host/a",
                "lavfi:movie=rtsp\\://***@host/a",
            ),
            ("/srv/a@b.mp4", "/srv/a@b.mp4"),
        ];
        for (address, told) in cases {
            assert_eq!(redact(address), told);
        }
    }
}
