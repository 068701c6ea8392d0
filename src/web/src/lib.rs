//! The page "see it learn": networks in a browser, compiled to wasm.
//!
//! [`Lab`] is all that the page's worker calls. Every number that it gives is the library's own, to the same bits as
//! natively for the same seed, parameters and data.

mod answers;
mod data;
mod errors;
mod lab;
mod networks;
mod objects;

pub use lab::Lab;
