//! Sends its words as requests, and prints the answers in their order: `request_client CHANNEL
//! WORD...`. Start `request_server CHANNEL` first.

use std::time::Duration;

use zerobuffer::{BufferConfig, Reader, Writer};

fn main() -> zerobuffer::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let channel = arguments.next().unwrap_or_else(|| "service".to_owned());
    let words: Vec<String> = arguments.collect();

    let config = BufferConfig::new(4096, 1 << 20);
    let mut responses = Reader::create(&format!("{channel}_response"), &config)?;
    let mut requests = Writer::connect(&format!("{channel}_request"))?;
    // All questions first: the answers come as they are ready, in the same order.
    for word in &words {
        requests.write(word.as_bytes())?;
    }
    for word in &words {
        let Some(response) = responses.read(Duration::from_secs(5))? else {
            eprintln!("no answer to '{word}' within 5 s");
            std::process::exit(1);
        };
        let answer = String::from_utf8_lossy(&response.to_vec()).into_owned();
        println!("{word} {answer}");
    }
    Ok(())
}
