//! A running stream: one thread takes frames from the camera and gives them to shared memory, to
//! the key, and through the key to the pipeline.
//!
//! A frame that the camera draws is drawn where the key's readers read it, and copied once, into
//! shared memory. One that lies in the camera's own memory is copied once into each of the two. A
//! reader or a pipeline that is too slow costs its own frames, and nobody else's.

mod board;
mod broken;
mod key;
mod outputs;
mod rate;
mod source;
mod spare;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use vizion::{FrameWriter, VideoFormat};

use crate::camera::Control;
use crate::desk::Desk;
use crate::pipeline::PipelineOrder;

pub use board::{Board, Counters, State, Still, Told};
pub use key::KeyOptions;
pub use spare::Spare;

use outputs::{Outputs, Unopened};
use source::Source;

/// How long the stream waits for one thing before it looks at the others.
const TURN: Duration = Duration::from_millis(50);

/// What a stream is to be.
#[derive(Debug)]
pub struct StreamOrder {
    /// What the camera is to deliver.
    pub format: VideoFormat,
    /// The camera.
    pub desk: Desk,
    /// Set at each start, since the camera may forget them then.
    pub at_start: Vec<(Control, i64)>,
    /// Where the frames are published, if at all.
    pub key: Option<KeyOptions>,
    /// The shared memory that they are written to, if any.
    pub shared_memory: Option<FrameWriter>,
    /// The pipeline that reads them from the key, if any.
    pub pipeline: Option<PipelineOrder>,
    /// Without the line about frames that appears once a second.
    pub quiet: bool,
}

/// A stream's thread.
#[derive(Debug)]
pub struct Stream {
    board: Arc<Board>,
    thread: JoinHandle<Option<FrameWriter>>,
}

impl Stream {
    /// Starts a thread, which starts everything else.
    pub fn start(order: StreamOrder) -> io::Result<Stream> {
        let board = Arc::new(Board::starting());
        let told = Arc::clone(&board);
        let thread = thread::Builder::new().name("stream".to_owned());
        let thread = thread.spawn(move || run(order, &told))?;
        Ok(Stream { board, thread })
    }

    /// What it tells.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Waits for its end, which was told, and has the shared memory back.
    pub fn join(self) -> Option<FrameWriter> {
        // A thread that panicked has closed everything, and told so on standard error.
        self.thread.join().unwrap_or_default()
    }
}

fn run(order: StreamOrder, board: &Board) -> Option<FrameWriter> {
    let ended = Ended(board);
    let mut source = Source::new(order.desk, order.format, order.at_start);
    let opened = Outputs::open(order.format, order.key, order.pipeline);
    let mut outputs = match opened {
        Ok(outputs) => outputs,
        Err(unopened) => {
            board.tell(|told| match unopened {
                Unopened::Key(why) => told.ended = Some(why),
                Unopened::Pipeline(why) => told.pipeline_error = Some(why),
            });
            return order.shared_memory;
        }
    };
    outputs.shared_memory = order.shared_memory;
    outputs.rate.quiet(order.quiet);
    while !board.is_stopping() {
        match source.turn(&mut outputs, board) {
            Ok(()) => outputs.look(board),
            Err(why) => {
                tracing::error!("the stream ended: {why}");
                board.tell(|told| told.ended = Some(why));
                break;
            }
        }
        if board.has_failed_to_begin() {
            break;
        }
    }
    board.tell(|told| told.state = State::Stopping);
    drop(source);
    let shared_memory = outputs.close(board);
    drop(ended);
    shared_memory
}

/// Tells the end of a stream, however its thread ended.
struct Ended<'a>(&'a Board);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.tell(|told| told.state = State::Stopped);
    }
}
