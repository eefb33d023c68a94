//! `serve --trial`: no kubelet asks, and what would have followed if one did is counted.

mod counting;
mod page;
mod prober;
mod tally;

pub use counting::{Asked, Container, Trial, has_ended};
pub use page::render;

#[cfg(test)]
mod tests;
