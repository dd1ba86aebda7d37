//! The program as people start it, against daemons that follow a script.

mod ends;
mod options;
mod output;
mod read;
mod requests;
mod support;
