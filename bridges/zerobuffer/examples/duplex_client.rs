//! Has images processed: `duplex_client CHANNEL COUNT [BYTES]`. Image `k` is all of pixels `k`, so
//! its response is known. One thread sends while another one receives; every second image is made
//! in the ring. Each line is the number of a request and the first pixel of its response.

use std::error::Error;
use std::thread;
use std::time::Duration;

use zerobuffer::BufferConfig;
use zerobuffer::duplex::{ClientConfig, DuplexChannelFactory, DuplexClient};

fn send(client: &DuplexClient, count: u64, size: usize) -> zerobuffer::Result<()> {
    for k in 1..=count {
        let image = vec![k as u8; size];
        if k % 2 == 0 {
            let mut place = client.acquire_request_buffer(size)?;
            place.copy_from(0, &image);
            client.commit_request(place);
        } else {
            client.send_request(&image)?;
        }
    }
    Ok(())
}

fn receive(client: &DuplexClient, count: u64, size: usize) -> Result<(), Box<dyn Error>> {
    for k in 1..=count {
        let response = client
            .receive_response(Duration::from_secs(30))?
            .ok_or("no response in time")?;
        let image = response.to_vec();
        if image != vec![!(k as u8); size] {
            return Err(format!("response {} is another image's", response.sequence()).into());
        }
        println!("{} {}", response.sequence(), image[0]);
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let channel = arguments.next().ok_or("which channel?")?;
    let count: u64 = arguments.next().ok_or("how many images?")?.parse()?;
    let size = arguments
        .next()
        .map_or(Ok(640 * 480), |bytes| bytes.parse())?;
    let config = ClientConfig::from(BufferConfig::new(0, 20 << 20));
    let config = config.connect_timeout(Duration::from_secs(60));
    let client = DuplexChannelFactory::new().create_client_with(&channel, &config)?;
    thread::scope(|scope| {
        let sending = scope.spawn(|| send(&client, count, size));
        receive(&client, count, size)?;
        sending
            .join()
            .map_err(|_| "the sending thread panicked")??;
        Ok(())
    })
}
