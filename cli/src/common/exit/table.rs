//! What people are told of exit codes.

/// The table of the exit codes, for `--help` and the man pages.
pub const TABLE: &str = "\
Exit codes:
  0    done: all frames are published or read, or the stream ended
  1    any other error
  2    a wrong argument
  3    not found: nobody publishes this key, has this buffer or shared memory, or listens
       at this socket
  4    refused: by the publisher, or for lack of permission
  5    disconnected: the publisher is gone without an end of stream; or the other side of a buffer
  6    time-out
  7    evicted: the publisher ended the subscription of a slow reader
  8    the other side broke the protocol
  9    the key is already published by somebody else, or the buffer or shared memory is in use
  10   standard input ended in the middle of a frame
  11   no room in memory or in /dev/shm, or in the buffer
  12   aborted: a frame was never completed, since its publisher lost the GPU or died
  13   the CUDA driver failed
  14   not supported: this way to share a GPU does not work here; cuframes doctor says why
  15   the input cannot be opened, read or decoded
  16   a part of cuframes that this needs is not installed
  17   the output cannot be written: the disk is full, or the target is read-only or forbidden
SIGINT, SIGTERM and SIGPIPE end the program after it has tidied up; the shell sees 130, 143 and 141.";
