//! `/probe?module=NAME&target=HOST:PORT`: a check of one of many servers, made when Prometheus asks for it, in the convention
//! of blackbox_exporter. A request chooses among what the operator allowed: it writes no check, and names no other server.

mod answer;
mod asking;
mod pool;
mod question;

pub use asking::Asking;
pub use pool::Pool;
