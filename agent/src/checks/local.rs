//! What can be seen of a program from within its Pod: files, processes, listeners, reports.

pub mod exec;
pub mod file;
pub mod listen;
mod offspring;
pub mod process;
pub mod push;
