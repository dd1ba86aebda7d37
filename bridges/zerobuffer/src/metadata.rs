//! The metadata block: a length, then so many bytes, written once in a buffer's life.

use std::sync::atomic::Ordering;

use crate::error::{Error, Result};
use crate::fault::{Fault, planted};
use crate::ring::Words;
use crate::sys::Segment;
use crate::wire::field;

/// Bytes of the length.
const PREFIX: usize = 8;

/// The metadata, if they were written.
pub fn read(segment: &Segment, name: &str) -> Result<Option<Vec<u8>>> {
    // Acquire: they were written before they were said to be.
    let written = segment.load(field::METADATA_WRITTEN, Ordering::Acquire);
    if written == 0 {
        return Ok(None);
    }
    let block = segment.geometry().metadata_size;
    let corrupt = |what: String| Error::Corrupt {
        name: name.to_owned(),
        what,
    };
    if written < PREFIX as u64 || written > block as u64 {
        return Err(corrupt(format!(
            "{written} bytes of metadata in a block of {block}"
        )));
    }
    let mut prefix = [0; PREFIX];
    segment.load_metadata(0, &mut prefix);
    let len = u64::from_le_bytes(prefix);
    if len > written - PREFIX as u64 {
        return Err(corrupt(format!(
            "metadata of {len} bytes, of which {written} were written"
        )));
    }
    let mut bytes = vec![0; len as usize];
    segment.load_metadata(PREFIX, &mut bytes);
    Ok(Some(bytes))
}

/// Writes the metadata.
pub fn write(segment: &Segment, name: &str, metadata: &[u8]) -> Result<()> {
    let already = segment.load(field::METADATA_WRITTEN, Ordering::Acquire) != 0;
    if already && !planted(Fault::MetadataTwice) {
        let name = name.to_owned();
        return Err(Error::MetadataAlreadyWritten { name });
    }
    let block = segment.geometry().metadata_size;
    let Some(total) = metadata
        .len()
        .checked_add(PREFIX)
        .filter(|&total| total <= block)
    else {
        return Err(Error::MetadataTooLarge {
            name: name.to_owned(),
            size: metadata.len() as u64,
            metadata_size: block as u64,
        });
    };
    segment.store_metadata(0, &(metadata.len() as u64).to_le_bytes());
    segment.store_metadata(PREFIX, metadata);
    segment.store(
        field::METADATA_FREE,
        (block - total) as u64,
        Ordering::Relaxed,
    );
    segment.store(field::METADATA_WRITTEN, total as u64, Ordering::Release);
    Ok(())
}
