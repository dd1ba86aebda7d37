//! Takes a function out of libraries, so that nobody finds it by name.
//!
//! Usage: fake-cuda-strip SYMBOL LIBRARY...

#![allow(missing_docs)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let (Some(symbol), libraries) = (arguments.nth(1), arguments.collect::<Vec<_>>()) else {
        eprintln!("usage: fake-cuda-strip SYMBOL LIBRARY...");
        return ExitCode::from(2);
    };
    let mut found = 0;
    for library in &libraries {
        match strip(library, &symbol) {
            Ok(count) => found += count,
            Err(error) => {
                eprintln!("fake-cuda-strip: {library}: {error}");
                return ExitCode::from(2);
            }
        }
    }
    match found {
        0 => {
            eprintln!("fake-cuda-strip: no {symbol} in {}", libraries.join(", "));
            ExitCode::from(1)
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Gives the name another first letter wherever it stands as a whole, in the table of dynamic
/// names too: a lookup then finds nothing.
fn strip(library: &str, symbol: &str) -> std::io::Result<usize> {
    let mut bytes = std::fs::read(library)?;
    let name = [b"\0", symbol.as_bytes(), b"\0"].concat();
    let mut found = 0;
    let mut at = 0;
    while let Some(offset) = bytes[at..]
        .windows(name.len())
        .position(|window| window == name)
    {
        bytes[at + offset + 1] = b'X';
        found += 1;
        at += offset + name.len() - 1;
    }
    std::fs::write(library, bytes)?;
    Ok(found)
}
