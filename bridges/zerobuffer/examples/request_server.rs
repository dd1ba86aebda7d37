//! Answers requests over two buffers, one for each direction: `request_server [CHANNEL]`. It makes
//! CHANNEL_request; `request_client` makes CHANNEL_response. Each answer is its request in upper
//! case. (With responses that find their requests, pools of threads and clients that come and go,
//! this is what the duplex channel does.)

use std::time::Duration;

use zerobuffer::{BufferConfig, Error, Reader, Writer};

fn main() -> zerobuffer::Result<()> {
    let channel = std::env::args().nth(1);
    let channel = channel.unwrap_or_else(|| "service".to_owned());
    let request_name = format!("{channel}_request");
    let mut requests = Reader::create(&request_name, &BufferConfig::new(4096, 1 << 20))?;
    eprintln!("buffer '{request_name}' is made");
    let mut responses = None;
    loop {
        match requests.read(Duration::from_secs(30)) {
            Ok(Some(request)) => {
                // Who asks has made the buffer for the answers before.
                let writer = match &mut responses {
                    Some(writer) => writer,
                    none => none.insert(Writer::connect(&format!("{channel}_response"))?),
                };
                writer.write(&request.to_vec().to_ascii_uppercase())?;
            }
            Ok(None) => eprintln!("nobody asks"),
            Err(Error::WriterDead { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    eprintln!("{} requests answered", requests.frames_read());
    Ok(())
}
