//! Getting a name for a segment.

use std::io;

use zerocopy::FromBytes;

use crate::ShmError;
use crate::sys::{Identity, Occupant, ReadSegment, WriteSegment, has_writer, occupant, unlink};
use crate::wire::{HEADER_SIZE, Header, Layout};

/// How often somebody else may take the name between our look and our link.
const TRIES: u32 = 100;

/// Makes a segment with `header`, and gives it the name `file`. A segment of `own`, of a writer that
/// is gone, or of one that does not say whether it lives, is removed for it.
pub(super) fn claim(
    file: &str,
    size: u64,
    header: &Header,
    own: Option<Identity>,
) -> Result<WriteSegment, ShmError> {
    let failed = |what| ShmError::system(what, file);
    let mut segment = WriteSegment::create(size, header).map_err(failed("get memory for"))?;
    for _ in 0..TRIES {
        make_room(file, own)?;
        match segment.link(file) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            linked => return linked.map(|()| segment).map_err(failed("name")),
        }
    }
    Err(failed("name")(io::ErrorKind::AlreadyExists.into()))
}

/// Removes what has the name, if it may be removed.
fn make_room(file: &str, own: Option<Identity>) -> Result<(), ShmError> {
    let failed = |what| ShmError::system(what, file);
    let found = match occupant(file).map_err(failed("look at"))? {
        Occupant::Nobody => return Ok(()),
        Occupant::Other => return Err(foreign(file, "it is a link or a folder".to_owned())),
        Occupant::File(found) => ReadSegment::new(found).map_err(failed("look at"))?,
    };
    let header = found.header().map_err(failed("look at"))?;
    if own != Some(found.identity()) {
        check(file, header)?;
        if has_writer(&found) {
            let header = header.and_then(|bytes| Header::read_from_bytes(&bytes).ok());
            let pid = header.map_or(0, |one| one.writer_pid);
            let name = file.to_owned();
            return Err(ShmError::Busy { name, pid });
        }
    }
    unlink(file).map_err(failed("remove"))
}

/// Something that is no segment is left alone: it may be dear to somebody. One without a header was
/// cut short, or its writer did not come so far.
fn check(file: &str, header: Option<[u8; HEADER_SIZE]>) -> Result<(), ShmError> {
    match header {
        Some(bytes) if bytes != [0; HEADER_SIZE] && Layout::detect(&bytes).is_none() => {
            let begin = &bytes[..4];
            Err(foreign(file, format!("it begins with {begin:02x?}")))
        }
        _ => Ok(()),
    }
}

fn foreign(file: &str, why: String) -> ShmError {
    let name = file.to_owned();
    ShmError::Foreign { name, why }
}
