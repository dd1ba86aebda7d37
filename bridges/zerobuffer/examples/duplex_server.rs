//! Processes images that clients send: `duplex_server CHANNEL [immutable|mutable|async]`, until its
//! standard input ends. The response is the image inverted; how it is made differs:
//!
//! - `immutable`: new bytes, in a pool of threads;
//! - `mutable`: the request's own bytes, changed where they lie, and copied once;
//! - `async`: new bytes, by futures that the program's own executor runs.

use std::error::Error;
use std::future::Future;
use std::io::Read;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use zerobuffer::duplex::{DuplexChannelFactory, OnError, ProcessingMode, ServerConfig};
use zerobuffer::{BufferConfig, Frame};

fn inverted(image: &Frame) -> Vec<u8> {
    image.to_vec().iter().map(|pixel| !pixel).collect()
}

fn invert(image: &mut Frame) {
    let mut line = [0; 4096];
    for begin in (0..image.len()).step_by(line.len()) {
        let size = line.len().min(image.len() - begin);
        let pixels = &mut line[..size];
        image.copy_range_to(begin, pixels);
        pixels.iter_mut().for_each(|pixel| *pixel = !*pixel);
        image.copy_from(begin, pixels);
    }
}

/// What other programs have from an async runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

fn until_input_ends() {
    // Input that cannot be read has ended, too.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let channel = arguments.next().ok_or("which channel?")?;
    let way = arguments.next().unwrap_or_else(|| "immutable".to_owned());
    let factory = DuplexChannelFactory::new();
    // An image that cannot be processed is answered with an image that nobody mistakes for one.
    let config = ServerConfig::from(BufferConfig::new(4096, 20 << 20)).on_error(|error| {
        eprintln!("{error}");
        OnError::Respond(vec![0])
    });
    match &*way {
        "immutable" => {
            let server = factory.create_immutable_server(&channel, config);
            server.start(inverted, ProcessingMode::ThreadPool(4))?;
            until_input_ends();
            server.stop();
            server.join()?;
        }
        "mutable" => {
            let server = factory.create_mutable_server(&channel, config);
            server.start(invert, ProcessingMode::SingleThread)?;
            until_input_ends();
            server.stop();
            server.join()?;
        }
        "async" => {
            let server = factory.create_immutable_server(&channel, config);
            let serving = server.serve_async(async |image: Frame| inverted(&image), 4)?;
            let stopper = serving.stopper();
            thread::spawn(move || {
                until_input_ends();
                stopper.stop();
            });
            block_on(serving)?;
        }
        other => return Err(format!("'{other}' is none of immutable, mutable, async").into()),
    }
    Ok(())
}
